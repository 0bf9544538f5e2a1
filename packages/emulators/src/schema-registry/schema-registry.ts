import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { clientPort } from '../client-port.ts';
import { freePorts } from '../free-ports.ts';
import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { LocalBroker } from '../local-broker.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, type ServerControls, ServerProcess } from '../server-process.ts';
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
 * Throws {@link BrokerUnavailable} that says what to install: Java 17 or newer and, once, Maven. There is no form with Docker.
 */
export async function startSchemaRegistry(options: SchemaRegistryOptions = {}): Promise<SchemaRegistryServer> {
  const { heapMb = 384, mode = 'auto', progress = () => undefined } = options;
  if (mode === 'docker')
    throw new BrokerUnavailable(registryName, 'it starts natively only. Leave mode out, and install Java and Maven.');
  const { version, jar } = await registryArchive(progress);
  const run = await RunFolder.create('schema-registry', options.keepLogs);
  const port = await clientPort(registryName, usualPort, options);
  const [managementPort = 0] = await freePorts(1);
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
    await untilAnswered(`${url}/subjects`, server);
  };
  const stop = async (): Promise<void> => {
    await server.kill();
    await run.remove();
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    use: `Give it to the codec of a topic: confluentRegistry({ url: '${url}' })`,
    mode: 'native',
    description: `${registryName} ${version}, native`,
    logFolder: run.path,
    server: controlsOf(server, port, start),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function untilAnswered(url: string, server: ServerProcess): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    if (!server.isRunning) throw new Error(`${registryName} ended before it answered`);
    if (Date.now() > deadline) throw new Error(`${registryName} did not answer ${url} within 120 s`);
    await wait(50);
  }
}
