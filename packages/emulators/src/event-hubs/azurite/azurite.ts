import { type BrokerOptions, inMode, type RunningBroker } from '../../in-mode.ts';
import type { ServerControls } from '../../server-process.ts';
import { startDockerAzurite } from './docker.ts';
import { startNativeAzurite } from './native.ts';

export interface AzuriteOptions extends BrokerOptions {
  /** Keeps blobs on disk, so that a `stop` and a `start` keep them; slower. Native only. Default `false`. */
  readonly persistent?: boolean;
}

export interface Azurite extends RunningBroker {
  /** For `BlobServiceClient.fromConnectionString`. */
  readonly connectionString: string;
  /**
   * `undefined` with Docker. It starts again empty, unless it is persistent and was stopped; killed, a persistent one may
   * lose what it stored within its last five seconds.
   */
  readonly server: ServerControls | undefined;
}

/** Starts Microsoft's Blob Storage emulator, which ends with this process at the latest. Throws `BrokerUnavailable` that says what to install. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  return inMode<AzuriteOptions, Azurite>(options, { native: startNativeAzurite, docker: startDockerAzurite });
}
