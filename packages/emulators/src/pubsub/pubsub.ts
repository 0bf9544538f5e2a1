import { inMode, type Mode } from '../in-mode.ts';
import { startDockerPubSub } from './docker.ts';
import { startNativePubSub } from './native.ts';

export interface PubSubOptions {
  /** `auto` takes native where it can start, else Docker. Default `auto`. */
  readonly mode?: Mode;
  /** Any name will do for the emulator. Default `isostream`. */
  readonly projectId?: string;
  /** Java heap in MB. Default 256. It keeps acknowledged events too. Native only. */
  readonly heapMb?: number;
  readonly keepLogs?: boolean;
  readonly progress?: (text: string) => void;
}

/** The process of a native emulator. All its state is in memory: after `stop` and `kill` it starts empty. */
export interface PubSubServer {
  readonly port: number;
  /** Starts it again on its port, without any topic. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Freezes it: connections stay open, nothing answers, and ack deadlines go on. */
  pause(): void;
  resume(): void;
}

export interface PubSubEmulator extends AsyncDisposable {
  /** `host:port`, as `PUBSUB_EMULATOR_HOST` and the option `emulatorHost` take it. */
  readonly host: string;
  readonly projectId: string;
  /** For `connect` and `ISOSTREAM_URL`. */
  readonly url: string;
  readonly mode: 'native' | 'docker';
  /** Version and mode, for people. */
  readonly description: string;
  readonly logFolder: string | undefined;
  /** `undefined` with Docker. */
  readonly server: PubSubServer | undefined;
  stop(): Promise<void>;
}

/** Starts Google's Pub/Sub emulator, which ends with this process at the latest. Throws {@link BrokerUnavailable} that says what to install. */
export async function startPubSub(options: PubSubOptions = {}): Promise<PubSubEmulator> {
  const { mode = 'auto', progress } = options;
  const start = { native: () => startNativePubSub(options), docker: () => startDockerPubSub(options) };
  return inMode<PubSubEmulator>(mode, start, progress);
}
