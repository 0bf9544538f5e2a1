import { join } from 'node:path';
import { clientPort } from '../client-port.ts';
import { startNative } from '../native-broker.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, ServerProcess } from '../server-process.ts';
import type { PubSubEmulator, PubSubEmulatorOptions } from './emulator.ts';

/** A server of Pub/Sub's calls that is one program. */
export interface PubSubProgram {
  readonly command: string;
  readonly args: (port: number) => readonly string[];
  /** A line that says that it serves. */
  readonly ready: RegExp;
  readonly description: string;
}

/** Runs it on a free port, until it is stopped or this process ends. */
export async function startPubSubProcess(
  program: PubSubProgram,
  options: PubSubEmulatorOptions,
): Promise<PubSubEmulator> {
  const { projectId = 'isostream', keepLogs = false } = options;
  const run = await RunFolder.create('pubsub', keepLogs);
  const folder = run.path;
  const port = await clientPort(program.description, 8_085, options);
  const server = new ServerProcess({
    command: program.command,
    args: program.args(port),
    folder: run,
    logFile: join(folder, 'emulator.log'),
    ready: program.ready,
  });
  const running = await startNative(run, { ports: [port], start: () => server.start(), end: () => server.kill() });
  return {
    host: `127.0.0.1:${port}`,
    projectId,
    url: `pubsub://${projectId}?emulatorHost=127.0.0.1:${port}`,
    description: `${program.description}, native`,
    server: controlsOf(server, port),
    ...running,
  };
}
