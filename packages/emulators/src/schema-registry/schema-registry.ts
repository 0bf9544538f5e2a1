import { join } from 'node:path';
import { clientPort } from '../client-port.ts';
import { claimFreePorts } from '../free-ports.ts';
import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { LocalBroker } from '../local-broker.ts';
import { refuseDocker, startNative } from '../native-broker.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, type ServerControls, ServerProcess } from '../server-process.ts';
import { untilAnswered } from '../until-answered.ts';
import { registryArchive, registryName } from './archive.ts';

export interface SchemaRegistryOptions extends BrokerOptions {
  /** Java heap in MB. Default 384. */
  readonly heapMb?: number;
}

export interface SchemaRegistryServer extends RunningBroker, LocalBroker {
  /** For `confluentRegistry({ url })` and other clients of Confluent's interface. */
  readonly url: string;
  /** It starts again on its data. */
  readonly server: ServerControls;
}

const usualPort = 8_081;
const interfacePath = '/apis/ccompat/v7';
const vm = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError'];

/**
 * Starts Apicurio Registry, which has Confluent's interface, in a Java process of its own. It ends with this process at the latest.
 * Throws `BrokerUnavailable` that says what to install: Java 17 or newer and, once, Maven. There is no form with Docker.
 */
export async function startSchemaRegistry(options: SchemaRegistryOptions = {}): Promise<SchemaRegistryServer> {
  const { heapMb = 384, progress = () => undefined } = options;
  refuseDocker(registryName, 'Java and Maven', options);
  const { version, jar } = await registryArchive(progress);
  const run = await RunFolder.create('schema-registry', options.keepLogs);
  const port = await clientPort(registryName, usualPort, options);
  const [managementPort = 0] = await claimFreePorts(1);
  progress(`starting ${registryName} ${version}`);
  const settings = {
    'quarkus.http.host': '127.0.0.1',
    'quarkus.http.port': port,
    // Open on all interfaces unless it is told.
    'quarkus.management.host': '127.0.0.1',
    'quarkus.management.port': managementPort,
    'apicurio.datasource.url': `jdbc:h2:file:${join(run.path, 'data', 'registry')}`,
  };
  const defines = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  const server = new ServerProcess({
    command: 'java',
    args: [`-Xmx${heapMb}m`, ...vm, ...defines, '-jar', jar],
    folder: run,
    logFile: join(run.path, 'registry.log'),
    // The last line that every release writes before it listens.
    ready: /Using the following RegistryStorage implementation/,
    timeoutMs: 120_000,
  });
  const url = `http://127.0.0.1:${port}${interfacePath}`;
  const start = async (): Promise<void> => {
    await server.start();
    await untilAnswered(`${url}/subjects`, registryName, server, 120_000);
  };
  const running = await startNative(run, { ports: [port, managementPort], start, end: () => server.kill() });
  return {
    url,
    use: `Give it to the codec of a topic: confluentRegistry({ url: '${url}' })`,
    description: `${registryName} ${version}, native`,
    server: controlsOf(server, port, start),
    ...running,
  };
}
