import { StreamError } from '@isostream/core/adapter';
import { type CoordinatedPartition, freshLease, type Lease } from './lease.ts';
import { nextMissing, originOf } from './origin.ts';
import { inParallel, type StoreCalls } from './store-calls.ts';
import type { PartitionSource } from './partition-source.ts';

/** Brings leases in line with partitions. Every member may do it at any time; the store lets the first one win. */
export class Discovery {
  readonly #source: PartitionSource;
  readonly #store: StoreCalls;
  readonly #where: string;
  readonly #giveWay: (signal: AbortSignal) => Promise<unknown>;
  #unlisted: ReadonlySet<string> = new Set();

  /** `giveWay` waits a little while another member, who was faster, goes on. */
  constructor(
    source: PartitionSource,
    store: StoreCalls,
    where: string,
    giveWay: (signal: AbortSignal) => Promise<unknown>,
  ) {
    this.#source = source;
    this.#store = store;
    this.#where = where;
    this.#giveWay = giveWay;
  }

  /**
   * Gives leases to partitions that have none, and removes those that were read to their end and are gone. `leases` has to
   * be older than this call: with an older list of partitions one that was just forgotten would be read again.
   *
   * A partition whose lease others have deleted gets the one that is `remembered`. Where another member was faster, all is
   * looked at again: its list of partitions may have been another one, and what follows from its leases is what counts.
   * Returns the partitions.
   */
  async run(
    leases: readonly Lease[],
    remembered: ReadonlyMap<string, Lease>,
    signal: AbortSignal,
  ): Promise<readonly CoordinatedPartition[]> {
    let found = leases;
    for (let before = -1; ;) {
      const partitions = await this.#source.list(signal);
      if (signal.aborted) return partitions;
      // Some are there and several are missing: somebody is at it, unless nothing more has come after a while.
      if (found.length > 0 && found.length !== before && lacksSeveral(partitions, found)) {
        before = found.length;
        await this.#giveWay(signal);
        found = await this.#store.list();
        continue;
      }
      if (await this.#complete(partitions, found, remembered, signal)) {
        await this.#forget(found, new Set(partitions.map(({ partition }) => partition)));
        return partitions;
      }
      const known = found.length;
      await this.#giveWay(signal);
      if (signal.aborted) return partitions;
      found = await this.#store.list();
      if (found.length <= known) throw this.#unlistedLease();
    }
  }

  /** `false` if another member was faster somewhere. */
  async #complete(
    partitions: readonly CoordinatedPartition[],
    found: readonly Lease[],
    remembered: ReadonlyMap<string, Lease>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const leases = new Map(found.map((lease) => [lease.partition, lease]));
    // Also what is remembered and still missing tells when the group started.
    const known = (): ReadonlyMap<string, Lease> => new Map([...remembered, ...leases]);
    let isFirst = true;
    for (let next = nextMissing(partitions, leases); next.length > 0; next = nextMissing(partitions, leases)) {
      const create = async (partition: CoordinatedPartition): Promise<void> => {
        const lease = await this.#leaseOf(partition, known(), signal);
        leases.set(lease.partition, lease);
        if (!(await this.#store.create(lease))) isFirst = false;
      };
      // Of members that start together one wins the first lease, and makes the others: the rest would be refused each of them.
      const leading = inParallel(1, next.slice(0, 1), create);
      await leading.catch(() => undefined);
      if (!isFirst) return false;
      await inParallel(8, [leading, ...next.slice(1)], (one) => ('partition' in one ? create(one) : one));
      if (!isFirst) return false;
    }
    const without = partitions.filter(({ partition }) => !leases.has(partition));
    if (without.length > 0) throw this.#circle(without);
    return true;
  }

  async #leaseOf(
    partition: CoordinatedPartition,
    known: ReadonlyMap<string, Lease>,
    signal: AbortSignal,
  ): Promise<Lease> {
    const remembered = known.get(partition.partition);
    if (remembered !== undefined) return { ...remembered, counter: remembered.counter + 1 };
    const { position, isFinished = false } = await this.#source.start(partition, originOf(partition, known), signal);
    return { ...freshLease(partition, position), isFinished };
  }

  /** One list that misses a partition may be a service that is behind: wait for a second. */
  async #forget(leases: readonly Lease[], listed: ReadonlySet<string>): Promise<void> {
    const over = leases.filter(({ isFinished, partition }) => isFinished && !listed.has(partition));
    const due = over.filter(({ partition }) => this.#unlisted.has(partition));
    await inParallel(8, due, ({ partition, counter }) => this.#store.delete(partition, counter));
    this.#unlisted = new Set(over.map(({ partition }) => partition));
  }

  #unlistedLease(): StreamError {
    const message = 'a lease is there, but no list of leases has it. It is retried';
    return new StreamError('unavailable', message, { where: this.#where });
  }

  #circle(partitions: readonly CoordinatedPartition[]): StreamError {
    const names = partitions.map(({ partition }) => partition).join(', ');
    const message = `partitions ${names} wait for each other. This is a bug in the adapter's list of partitions; please report it`;
    return new StreamError('internal', message, { where: this.#where });
  }
}

function lacksSeveral(partitions: readonly CoordinatedPartition[], leases: readonly Lease[]): boolean {
  const known = new Set(leases.map(({ partition }) => partition));
  return partitions.filter(({ partition }) => !known.has(partition)).length > 1;
}
