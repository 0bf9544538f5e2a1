import type { BrokerOptions } from './in-mode.ts';

/** Whatever a provider needs, running on this machine. */
export interface LocalBroker extends AsyncDisposable {
  /** For `connect` and `ISOSTREAM_URL`. */
  readonly url: string;
  /** What it is, for people. */
  readonly description: string;
  stop(): Promise<void>;
}

export type StartOptions = Pick<BrokerOptions, 'mode' | 'port' | 'progress'>;
