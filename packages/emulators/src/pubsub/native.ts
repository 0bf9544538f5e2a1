import { emulatorJar } from './jar.ts';
import type { PubSubEmulator, PubSubEmulatorOptions } from './emulator.ts';
import { startPubSubProcess } from './pubsub-process.ts';

/** Google's jar in a Java process of its own: the launcher of `gcloud` would leave it behind when it is killed. Throws `BrokerUnavailable`. */
export async function startNativePubSub(options: PubSubEmulatorOptions): Promise<PubSubEmulator> {
  const { heapMb = 256, progress = () => undefined } = options;
  const jar = await emulatorJar();
  const vm = [`-Xmx${heapMb}m`, '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError'];
  progress(`starting the Pub/Sub emulator ${jar.version}`);
  return startPubSubProcess(
    {
      command: 'java',
      args: (port) => [...vm, '-jar', jar.path, '--host=127.0.0.1', `--port=${port}`],
      ready: /Server started/,
      description: `Google Pub/Sub emulator ${jar.version}`,
    },
    options,
  );
}
