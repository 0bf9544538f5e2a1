import { type Clock, StreamError, untilAborted } from '@isostream/core/adapter';
import type { Lease } from './lease.ts';
import type { LeaseStore } from './lease-store.ts';

/**
 * The store as a member calls it: every call ends, with `timeout` if the service keeps silent. Without that a renewal could
 * hang past the end of the lease that it should have prolonged. A write cannot be given up by a signal, because then
 * nobody would know whether it happened.
 */
export class StoreCalls {
  readonly #store: LeaseStore;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #where: string;

  constructor(store: LeaseStore, clock: Clock, timeoutMs: number, where: string) {
    this.#store = store;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#where = where;
  }

  list(): Promise<readonly Lease[]> {
    return this.#bounded('list', (signal) => this.#store.list(signal));
  }

  read(partition: string): Promise<Lease | undefined> {
    return this.#bounded('read', (signal) => this.#store.read(partition, signal));
  }

  create(lease: Lease): Promise<boolean> {
    return this.#bounded('create', (signal) => this.#store.create(lease, signal));
  }

  replace(next: Lease, counter: number): Promise<boolean> {
    return this.#bounded('replace', (signal) => this.#store.replace(next, counter, signal));
  }

  delete(partition: string, counter: number): Promise<boolean> {
    return this.#bounded('delete', (signal) => this.#store.delete(partition, counter, signal));
  }

  async #bounded<T>(name: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const cancel = this.#clock.timer(this.#timeoutMs, () => {
      const message = `the lease store did not answer "${name}" within ${this.#timeoutMs} ms. It is retried`;
      late.abort(new StreamError('timeout', message, { where: this.#where }));
    });
    try {
      return await untilAborted(call(late.signal), late.signal);
    } finally {
      cancel();
    }
  }
}

/** Does the work for all items, at most `limit` at a time, also if some of it fails; then throws the first failure. */
export async function inParallel<T>(
  limit: number,
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  const queue = items.values();
  const workers = Array.from({ length: Math.min(limit, items.length) }, async () => {
    for (const item of queue) await work(item).catch((thrown: unknown) => failures.push(thrown));
  });
  await Promise.all(workers);
  if (failures.length > 0) throw StreamError.from(failures[0], 'coordination');
}
