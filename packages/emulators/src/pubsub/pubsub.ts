import { type BrokerOptions, inMode, type RunningBroker } from '../in-mode.ts';
import type { ServerControls } from '../server-process.ts';
import { startDockerPubSub } from './docker.ts';
import { startNativePubSub } from './native.ts';

export interface PubSubOptions extends BrokerOptions {
  /** Any name will do for the emulator. Default `isostream`. */
  readonly projectId?: string;
  /** Java heap in MB. Default 256. It keeps acknowledged events too. Native only. */
  readonly heapMb?: number;
}

export interface PubSubEmulator extends RunningBroker {
  /** `host:port`, as `PUBSUB_EMULATOR_HOST` and the option `emulatorHost` take it. */
  readonly host: string;
  readonly projectId: string;
  /** For `connect` and `ISOSTREAM_URL`. */
  readonly url: string;
  /** `undefined` with Docker. All its state is in memory: it starts again empty. While it is frozen ack deadlines go on. */
  readonly server: ServerControls | undefined;
}

/** Starts Google's Pub/Sub emulator, which ends with this process at the latest. Throws {@link BrokerUnavailable} that says what to install. */
export async function startPubSub(options: PubSubOptions = {}): Promise<PubSubEmulator> {
  return inMode<PubSubOptions, PubSubEmulator>(options, { native: startNativePubSub, docker: startDockerPubSub });
}
