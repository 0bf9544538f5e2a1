import { inMode, type Mode } from '../../in-mode.ts';
import { startDockerAzurite } from './docker.ts';
import { startNativeAzurite } from './native.ts';

export interface AzuriteOptions {
  /** `auto` takes native where it can start, else Docker. Default `auto`. */
  readonly mode?: Mode;
  /** Keeps blobs on disk, so that a `stop` and a `start` keep them; slower. Native only. Default `false`. */
  readonly persistent?: boolean;
  readonly keepLogs?: boolean;
  readonly progress?: (text: string) => void;
}

/** The process of a native Azurite. */
export interface AzuriteServer {
  readonly port: number;
  /** Starts it again on its port: empty, unless it is persistent and was stopped. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends it at once; what a persistent one stored within its last five seconds may be gone. */
  kill(): Promise<void>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
}

export interface Azurite extends AsyncDisposable {
  /** For `BlobServiceClient.fromConnectionString`. */
  readonly connectionString: string;
  readonly mode: 'native' | 'docker';
  /** Version and mode, for people. */
  readonly description: string;
  readonly logFolder: string | undefined;
  /** `undefined` with Docker. */
  readonly server: AzuriteServer | undefined;
  stop(): Promise<void>;
}

/** Starts Microsoft's Blob Storage emulator, which ends with this process at the latest. Throws `BrokerUnavailable` that says what to install. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const { mode = 'auto', progress } = options;
  const start = { native: () => startNativeAzurite(options), docker: () => startDockerAzurite(options) };
  return inMode<Azurite>(mode, start, progress);
}
