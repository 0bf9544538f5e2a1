import { inMode } from '../in-mode.ts';
import { startDockerPubSub } from './docker.ts';
import type { PubSubEmulator, PubSubEmulatorOptions } from './emulator.ts';
import { startNativePubSub } from './native.ts';

/** Starts Google's Pub/Sub emulator, which ends with this process at the latest. Throws {@link BrokerUnavailable} that says what to install. */
export async function startPubSub(options: PubSubEmulatorOptions = {}): Promise<PubSubEmulator> {
  return inMode<PubSubEmulatorOptions, PubSubEmulator>(options, {
    native: startNativePubSub,
    docker: startDockerPubSub,
  });
}
