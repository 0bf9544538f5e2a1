import type { Adapter } from '@isostream/core/adapter';

/** What the suite needs of a provider under test. */
export interface Harness {
  readonly name: string;
  /** A fresh client, as another process would have it; all meet the same broker. */
  createAdapter(clientId: string): Adapter;
  /** How long the service keeps the partitions of a member that fell silent, in milliseconds. */
  readonly sessionTimeoutMs: number;
  /** How far the service's clock may be from ours, in milliseconds. */
  readonly clockSkewMs: number;
  /** How long nothing at all may happen while there is work, in milliseconds: longer than any takeover. */
  readonly quietMs: number;
  /** The same service, reached in a way that must fail with this code. */
  readonly wrong: Readonly<Partial<Record<'unavailable' | 'unauthenticated' | 'tls', () => Adapter>>>;
  close(): Promise<void>;
}
