import type { BrokerOptions } from './in-mode.ts';

/** Whatever a provider needs, running on this machine. */
export interface LocalBroker extends AsyncDisposable {
  /** For `connect` and `ISOSTREAM_URL`, unless `use` says otherwise. */
  readonly url: string;
  /** What the URL is good for, for people, where it is not that of a provider. */
  readonly use?: string;
  /** What it is, for people. */
  readonly description: string;
  stop(): Promise<void>;
  /** Resolves once a server of it ends that nobody asked to, with what it said last; pending while it runs and after `stop`. */
  died(): Promise<string>;
}

export type StartOptions = Pick<BrokerOptions, 'mode' | 'port' | 'progress'>;
