import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { javaFor, mavenJars } from '../maven.ts';
import { runCommand } from '../run-command.ts';

/** Pinned: of some releases not every artifact resolves. */
export const kafkaVersion = '4.3.1';

const server = 'Apache Kafka';

/** The folder with Kafka's jars; downloads them once with Maven. Throws {@link BrokerUnavailable} that says what is missing. */
export async function kafkaJars(progress: (text: string) => void): Promise<string> {
  return jarsOf('kafka', 'kafka_2.13', progress);
}

/**
 * Runs one of the command line tools of Apache Kafka's distribution to its end, and returns what it printed: it is of the
 * version of the brokers that are started here. Throws {@link BrokerUnavailable} without Java or Maven.
 */
export async function runKafkaTool(
  mainClass: string,
  args: readonly string[],
  progress: (text: string) => void = () => undefined,
): Promise<string> {
  const folder = await jarsOf('kafka-tools', 'kafka-tools', progress);
  return runCommand('java', ['-cp', `${folder}/*`, mainClass, ...args]);
}

async function jarsOf(parent: string, artifact: string, progress: (text: string) => void): Promise<string> {
  await javaFor(server);
  const folder = join(await cacheFolder(parent), kafkaVersion);
  const dependencies = [`org.apache.kafka:${artifact}:${kafkaVersion}`, 'org.slf4j:slf4j-simple:1.7.36'];
  return mavenJars({ server, version: kafkaVersion, folder, dependencies }, progress);
}
