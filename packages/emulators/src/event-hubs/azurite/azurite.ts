import { inMode } from '../../in-mode.ts';
import { startDockerAzurite } from './docker.ts';
import { startNativeAzurite } from './native.ts';
import type { Azurite, AzuriteOptions } from './options.ts';

/** Starts Microsoft's Blob Storage emulator, which ends with this process at the latest. Throws `BrokerUnavailable` that says what to install. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  return inMode<AzuriteOptions, Azurite>(options, { native: startNativeAzurite, docker: startDockerAzurite });
}
