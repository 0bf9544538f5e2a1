import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../free-ports.ts';
import { ServerProcess } from '../server-process.ts';
import { emulatorJar } from './jar.ts';
import type { PubSubEmulator, PubSubOptions } from './pubsub.ts';

/** Google's jar in a Java process of its own: the launcher of `gcloud` would leave it behind when it is killed. Throws `BrokerUnavailable`. */
export async function startNativePubSub(options: PubSubOptions): Promise<PubSubEmulator> {
  const { projectId = 'isostream', heapMb = 256, progress = () => undefined } = options;
  const jar = await emulatorJar();
  const folder = await mkdtemp(join(tmpdir(), 'isostream-pubsub-'));
  const [port = 0] = await freePorts(1);
  progress(`starting the Pub/Sub emulator ${jar.version}`);
  const server = new ServerProcess({
    command: 'java',
    args: [
      `-Xmx${heapMb}m`,
      '-XX:+UseSerialGC',
      '-XX:+ExitOnOutOfMemoryError',
      '-jar',
      jar.path,
      '--host=127.0.0.1',
      `--port=${port}`,
    ],
    logFile: join(folder, 'emulator.log'),
    ready: /Server started/,
  });
  const stop = async (): Promise<void> => {
    await server.kill();
    if (options.keepLogs !== true) await rm(folder, { recursive: true, force: true });
  };
  try {
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host: `127.0.0.1:${port}`,
    projectId,
    url: `pubsub://${projectId}?emulatorHost=127.0.0.1:${port}`,
    mode: 'native',
    description: `Google Pub/Sub emulator ${jar.version}, native`,
    logFolder: folder,
    server: {
      port,
      start: () => server.start(),
      stop: () => server.stop(),
      kill: () => server.kill(),
      pause: () => server.pause(),
      resume: () => server.resume(),
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
