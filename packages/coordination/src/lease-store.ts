import type { Lease } from './lease.ts';

/**
 * Where the leases of one group on one topic are kept. All that is asked of a service is a consistent read and a write
 * under a condition.
 *
 * Nothing here retries; the coordinator does. Rejects with a `StreamError`: `retryable` for what passes (then the write
 * may or may not have happened, also later), any other code for errors that need operator action. Calls run concurrently, and are
 * given up when the signal is aborted.
 */
export interface LeaseStore {
  /** All leases as they are stored now: no reading of replicas that lag behind. */
  list(signal: AbortSignal): Promise<readonly Lease[]>;
  /** One lease as it is stored now; `undefined` if there is none. */
  read(partition: string, signal: AbortSignal): Promise<Lease | undefined>;
  /** Stores a lease where the partition has none; `false`, without effect, where it has one. */
  create(lease: Lease, signal: AbortSignal): Promise<boolean>;
  /** Replaces the lease of `next.partition` if its counter is still `counter`; `false`, without effect, if not. Atomic. */
  replace(next: Lease, counter: number, signal: AbortSignal): Promise<boolean>;
  /** Removes the lease if its counter is still `counter`; `false`, without effect, if not. Atomic. */
  delete(partition: string, counter: number, signal: AbortSignal): Promise<boolean>;
}
