import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { claimFreePorts } from '../free-ports.ts';
import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import { kafkaVersion } from '../kafka/jars.ts';
import { javaFor, mavenJars } from '../maven.ts';
import { startNative } from '../native-broker.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, type ServerControls, ServerProcess } from '../server-process.ts';

const name = 'Kafka Connect';

export interface KafkaConnectOptions extends Pick<BrokerOptions, 'keepLogs' | 'progress'> {
  /** The text of the worker file. Where it listens, keeps offsets and looks for plugins is added. */
  readonly worker: string;
  /** The texts of the connector files. */
  readonly connectors: readonly string[];
  /** What they need beside Kafka Connect's own classes, as `group:artifact:version`. */
  readonly plugins?: readonly string[];
  /** Memory of the virtual machine in MB. Default 256. */
  readonly heapMb?: number;
}

/** Apache Kafka Connect in standalone mode. */
export interface KafkaConnectServer extends RunningBroker {
  /** Of its REST interface. */
  readonly url: string;
  readonly server: ServerControls;
}

/**
 * Starts the real Kafka Connect with these files: to hold other connectors against it. Ends with this process at the latest. Throws
 * {@link BrokerUnavailable} that says what to install.
 */
export async function startKafkaConnect(options: KafkaConnectOptions): Promise<KafkaConnectServer> {
  const { worker, connectors, plugins = [], heapMb = 256, progress = () => undefined } = options;
  await javaFor(name);
  const jars = await connectJars(plugins, progress);
  const [port = 0] = await claimFreePorts(1);
  const run = await RunFolder.create('kafka-connect', options.keepLogs);
  const files = join(run.path, 'files');
  await mkdir(files);
  const own = {
    listeners: `http://127.0.0.1:${port}`,
    'offset.storage.file.filename': join(run.path, 'offsets'),
    'plugin.discovery': 'service_load',
  };
  const write = async (file: string, text: string): Promise<string> => {
    await writeFile(join(files, file), text, 'latin1');
    return join(files, file);
  };
  const added = Object.entries(own).map(([property, value]) => `${property}=${value}\n`);
  const workerFile = await write('worker.properties', `${worker}\n${added.join('')}`);
  const connectorFiles = await Promise.all(connectors.map((text, index) => write(`${index}.properties`, text)));
  progress(`starting ${name} ${kafkaVersion}`);
  const server = new ServerProcess({
    command: 'java',
    args: [
      ...[`-Xmx${heapMb}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Duser.timezone=UTC'],
      ...['-cp', `${jars}/*`, 'org.apache.kafka.connect.cli.ConnectStandalone', workerFile, ...connectorFiles],
    ],
    folder: run,
    logFile: join(run.path, 'connect.log'),
    ready: /Kafka Connect worker initialization took|Kafka Connect started/,
  });
  const running = await startNative(run, { ports: [port], start: () => server.start(), end: () => server.stop() });
  return {
    url: `http://127.0.0.1:${port}`,
    description: `${name} ${kafkaVersion}, native`,
    server: controlsOf(server, port),
    ...running,
  };
}

async function connectJars(plugins: readonly string[], progress: (text: string) => void): Promise<string> {
  const own = ['connect-runtime', 'connect-json', 'connect-file', 'connect-transforms'];
  const dependencies = [
    ...own.map((artifact) => `org.apache.kafka:${artifact}:${kafkaVersion}`),
    'org.slf4j:slf4j-simple:1.7.36',
    ...plugins,
  ];
  const names = plugins.map((plugin) => plugin.split(':').slice(1).join('-'));
  const folder = join(await cacheFolder('kafka-connect'), [kafkaVersion, ...names].join('-'));
  return mavenJars({ server: name, version: kafkaVersion, folder, dependencies }, progress);
}
