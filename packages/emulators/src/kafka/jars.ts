import { access, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { cacheFolder } from '../cache-folder.ts';
import { runCommand } from '../run-command.ts';

/** Pinned: of some releases not every artifact resolves. */
export const kafkaVersion = '4.3.1';

const install = 'Install them, on Debian or Ubuntu with: apt-get install -y openjdk-17-jre-headless maven';

/** The folder with Kafka's jars; downloads them once with Maven. Throws {@link BrokerUnavailable} that says what is missing. */
export async function kafkaJars(progress: (text: string) => void): Promise<string> {
  await requireJava();
  const folder = join(await cacheFolder('kafka'), kafkaVersion);
  if (await exists(folder)) return folder;
  await runCommand('mvn', ['--version']).catch((cause: unknown) => {
    throw new BrokerUnavailable('Apache Kafka', `Maven is needed once, to download it. ${install}`, cause);
  });
  progress(`downloading Apache Kafka ${kafkaVersion}`);
  // Two processes may download at once: each fills a folder of its own, and the first to rename wins.
  const temporary = await mkdtemp(join(await cacheFolder('kafka'), 'download-'));
  try {
    await writeFile(join(temporary, 'pom.xml'), pom);
    const lib = join(temporary, 'lib');
    await runCommand('mvn', [
      '-q',
      '-B',
      '-f',
      join(temporary, 'pom.xml'),
      'dependency:copy-dependencies',
      `-DoutputDirectory=${lib}`,
      '-DincludeScope=runtime',
    ]);
    await rename(lib, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
  } catch (cause) {
    throw new BrokerUnavailable(
      'Apache Kafka',
      `the download failed. ${cause instanceof Error ? cause.message : ''}`,
      cause,
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

async function requireJava(): Promise<void> {
  const output = await runCommand('java', ['-version']).catch((cause: unknown) => {
    throw new BrokerUnavailable('Apache Kafka', `Java 17 or newer is missing. ${install}`, cause);
  });
  const major = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  if (major < 17)
    throw new BrokerUnavailable('Apache Kafka', `Java is version ${major}, 17 or newer is needed. ${install}`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>isostream</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
