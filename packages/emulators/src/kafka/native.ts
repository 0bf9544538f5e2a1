import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clientPort } from '../client-port.ts';
import { claimFreePorts } from '../free-ports.ts';
import { startNative } from '../native-broker.ts';
import { runCommand } from '../run-command.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, ServerProcess } from '../server-process.ts';
import { kafkaJars, kafkaVersion } from './jars.ts';
import type { KafkaCluster, KafkaNode, KafkaClusterOptions } from './cluster.ts';
import { type BrokerPlan, serverProperties } from './properties.ts';
import { type SecuredCluster, securedCluster } from './security.ts';

const usualPort = 9_092;
const vm = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError'];

/** Apache Kafka itself, in KRaft mode, one Java process a broker. Throws `BrokerUnavailable` without Java or Maven. */
export async function startNativeKafka(options: KafkaClusterOptions): Promise<KafkaCluster> {
  const { brokers = 1, heapMb = 256, progress = () => undefined } = options;
  const lib = await kafkaJars(progress);
  const run = await RunFolder.create('kafka', options.keepLogs, brokers === 3 ? 1 : 0);
  const folder = run.path;
  const plans = await planBrokers(folder, brokers, options);
  progress(`starting Apache Kafka ${kafkaVersion} with ${brokers} ${brokers === 1 ? 'broker' : 'brokers'}`);
  await writeFile(
    join(folder, 'simplelogger.properties'),
    'org.slf4j.simpleLogger.defaultLogLevel=info\norg.slf4j.simpleLogger.showDateTime=true\n',
  );
  const secured = options.secured === true ? await secure(folder, plans) : undefined;
  const classPath = `${folder}:${lib}/*`;
  // Kafka's own tool takes an id that begins with a dash for an option.
  const clusterId = `A${randomBytes(16).toString('base64url').slice(1)}`;
  const nodes = await Promise.all(
    plans.map(async (plan) => {
      const config = join(folder, `server-${plan.id}.properties`);
      await writeFile(config, serverProperties(plan, plans, { ...secured?.properties(plan), ...options.properties }));
      const format = ['format', '-t', clusterId, '-c', config, ...(secured?.formatArguments ?? [])];
      await runCommand('java', ['-Xmx128m', ...vm, '-cp', classPath, 'kafka.tools.StorageTool', ...format]);
      const process = new ServerProcess({
        command: 'java',
        args: [`-Xmx${heapMb}m`, `-Xms${heapMb}m`, ...vm, '-cp', classPath, 'kafka.Kafka', config],
        folder: run,
        logFile: join(folder, `broker-${plan.id}.log`),
        ready: /Kafka Server started/,
      });
      return nodeOf(plan, process);
    }),
  );
  const running = await startNative(run, {
    ports: [
      ...plans.flatMap((plan) => [plan.port, plan.controllerPort, plan.replicationPort]),
      ...(secured?.ports ?? []),
    ],
    start: () => Promise.all(nodes.map((node) => node.start())),
    end: () => Promise.all(nodes.map((node) => node.kill())),
  });
  return {
    url: `kafka://${plans.map((plan) => `127.0.0.1:${plan.advertisedPort}`).join(',')}`,
    description: `Apache Kafka ${kafkaVersion}, ${brokers} ${brokers === 1 ? 'broker' : 'brokers'}, native`,
    nodes,
    ...(secured === undefined ? {} : { security: secured.security }),
    ...running,
  };
}

async function planBrokers(
  folder: string,
  count: number,
  { advertisedPorts: advertised, ...wanted }: KafkaClusterOptions,
): Promise<BrokerPlan[]> {
  const first = wanted.port === undefined ? [] : [await clientPort('Apache Kafka', usualPort, wanted)];
  const ports = [...first, ...(await claimFreePorts(count * 3 - first.length))];
  return Array.from({ length: count }, (_, index) => {
    // The other brokers are learned from the first.
    const [port = 0, controllerPort = 0, replicationPort = 0] = ports.slice(index * 3);
    return {
      id: index + 1,
      port,
      controllerPort,
      replicationPort,
      advertisedPort: advertised?.[index] ?? port,
      dataFolder: join(folder, `data-${index + 1}`),
    };
  });
}

async function secure(folder: string, plans: readonly BrokerPlan[]): Promise<SecuredCluster> {
  const certificates = join(folder, 'tls');
  await mkdir(certificates);
  return securedCluster(certificates, plans);
}

function nodeOf(plan: BrokerPlan, process: ServerProcess): KafkaNode {
  return { id: plan.id, ...controlsOf(process, plan.port) };
}
