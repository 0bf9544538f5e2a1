import type { BrokerOptions, RunningBroker } from '../../in-mode.ts';
import type { ServerControls } from '../../server-process.ts';

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
