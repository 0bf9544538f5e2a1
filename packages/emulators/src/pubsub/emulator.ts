import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { ServerControls } from '../server-process.ts';

export interface PubSubEmulatorOptions extends BrokerOptions {
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
