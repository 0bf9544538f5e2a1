import { join } from 'node:path';
import { clientPort } from '../../client-port.ts';
import { nodePackage } from '../../node-package.ts';
import { startNative } from '../../native-broker.ts';
import { RunFolder } from '../../run-folder.ts';
import { controlsOf, ServerProcess } from '../../server-process.ts';
import type { Azurite, AzuriteOptions } from './options.ts';
import { anyApiVersion, broker, connectionStringOf } from './connection-string.ts';

/** Azurite's Blob service of npm in a Node process of its own. Throws `BrokerUnavailable`. */
export async function startNativeAzurite(options: AzuriteOptions): Promise<Azurite> {
  const { persistent = false, progress = () => undefined } = options;
  const { folder: packageFolder, version } = await nodePackage(
    broker,
    'azurite',
    'npm install --save-dev azurite@3.35.0',
  );
  const main = join(packageFolder, 'dist/src/blob/main.js');
  const run = await RunFolder.create('azurite', options.keepLogs);
  const folder = run.path;
  const port = await clientPort(broker, 10_000, options);
  progress(`starting Azurite ${version}`);
  const storage = persistent ? ['--location', join(folder, 'blobs')] : ['--inMemoryPersistence'];
  const address = ['--blobHost', '127.0.0.1', '--blobPort', String(port)];
  const server = new ServerProcess({
    command: process.execPath,
    args: [main, ...address, ...storage, '--silent', '--disableTelemetry', anyApiVersion],
    folder: run,
    logFile: join(folder, 'azurite.log'),
    ready: /successfully listens/,
  });
  const running = await startNative(run, { ports: [port], start: () => server.start(), end: () => server.kill() });
  return {
    connectionString: connectionStringOf('127.0.0.1', port),
    description: `Azurite ${version}, native`,
    server: controlsOf(server, port),
    ...running,
  };
}
