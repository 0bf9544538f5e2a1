import { StreamError } from '@isostream/core/adapter';
import { type CoordinatedPartition, freshLease, type Lease } from './lease.ts';
import { inParallel, type StoreCalls } from './store-calls.ts';
import type { PartitionSource } from './partition-source.ts';

/** Brings leases in line with partitions. Every member may do it at any time; the store lets the first one win. */
export class Discovery {
  readonly #source: PartitionSource;
  readonly #store: StoreCalls;
  readonly #where: string;
  #unlisted: ReadonlySet<string> = new Set();

  constructor(source: PartitionSource, store: StoreCalls, where: string) {
    this.#source = source;
    this.#store = store;
    this.#where = where;
  }

  /**
   * Gives leases to partitions that have none, and removes those that were read to their end and are gone. `leases` has to
   * be older than this call: with an older list of partitions one that was just forgotten would be read again.
   */
  async run(leases: readonly Lease[], signal: AbortSignal): Promise<void> {
    const partitions = await this.#source.list(signal);
    const known = new Set(leases.map(({ partition }) => partition));
    let missing = partitions.filter(({ partition }) => !known.has(partition));
    while (missing.length > 0) {
      const names = new Set(missing.map(({ partition }) => partition));
      // No lease counts as read: a partition gets its own only after those that it has to wait for.
      const next = missing.filter(({ after = [] }) => !after.some((earlier) => names.has(earlier)));
      if (next.length === 0) throw this.#circle(names);
      await inParallel(8, next, (partition) => this.#create(partition, leases, signal));
      missing = missing.filter((partition) => !next.includes(partition));
    }
    await this.#forget(leases, new Set(partitions.map(({ partition }) => partition)));
  }

  async #create(partition: CoordinatedPartition, leases: readonly Lease[], signal: AbortSignal): Promise<void> {
    const position = await this.#source.start(partition, leases, signal);
    await this.#store.create(freshLease(partition, position));
  }

  /** One list that misses a partition may be a service that is behind: wait for a second. */
  async #forget(leases: readonly Lease[], listed: ReadonlySet<string>): Promise<void> {
    const over = leases.filter(({ isFinished, partition }) => isFinished && !listed.has(partition));
    const due = over.filter(({ partition }) => this.#unlisted.has(partition));
    await inParallel(8, due, ({ partition, counter }) => this.#store.delete(partition, counter));
    this.#unlisted = new Set(over.map(({ partition }) => partition));
  }

  #circle(names: ReadonlySet<string>): StreamError {
    const message = `partitions ${[...names].join(', ')} wait for each other. This is a defect of the adapter's list`;
    return new StreamError('internal', message, { where: this.#where });
  }
}
