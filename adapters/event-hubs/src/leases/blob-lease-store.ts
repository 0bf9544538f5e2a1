import { abortable, StreamError } from '@isostream/core/adapter';
import type { Lease, LeaseStore } from '@isostream/coordination';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { fromStorage, storageCodeOf, statusOf } from '../errors.ts';
import { inTime } from './in-time.ts';
import { fromMetadata, NoLease, type Owner, type StoredLease, toMetadata, wrong } from './lease-text.ts';

export interface BlobLeaseStoreOptions extends Owner {
  readonly container: ContainerClient;
  /** Where Microsoft's clients keep the checkpoints of this consumer group; ends with a slash. */
  readonly prefix: string;
  /** How long a request may keep silent. */
  readonly timeoutMs: number;
  /** Told of a request that had no answer. */
  readonly unanswered?: () => void;
  /** What a position has to be; default anything. */
  readonly isPosition?: (position: string) => boolean;
}

interface Seen {
  readonly lease: Lease;
  readonly etag: string;
}

/** How often a write is tried again because the blob changed and its lease did not. */
const mostTries = 4;

/**
 * Leases as blobs without content, one a partition, that are Microsoft's checkpoints at the same time. Each write names
 * the ETag of the version that it replaces.
 */
export class BlobLeaseStore implements LeaseStore {
  readonly #container: ContainerClient;
  readonly #prefix: string;
  readonly #owner: Owner;
  readonly #timeoutMs: number;
  readonly #unanswered: (() => void) | undefined;
  readonly #isPosition: (position: string) => boolean;
  readonly #what: string;
  /** The version of each blob as it was last seen: a counter that is still the same needs no further look. */
  readonly #seen = new Map<string, Seen>();
  /** Versions of blobs that an earlier hub of this name left. */
  readonly #stale = new Map<string, string>();

  constructor({ container, prefix, timeoutMs, unanswered, group, hubCreated, isPosition }: BlobLeaseStoreOptions) {
    this.#container = container;
    this.#prefix = prefix;
    this.#timeoutMs = timeoutMs;
    this.#unanswered = unanswered;
    this.#isPosition = isPosition ?? (() => true);
    this.#owner = { group, hubCreated };
    this.#what = `container "${container.containerName}"`;
  }

  async list(signal: AbortSignal): Promise<readonly Lease[]> {
    const leases: Lease[] = [];
    this.#stale.clear();
    try {
      await this.#inTime(signal, async (within, goesOn) => {
        const options = { prefix: this.#prefix, includeMetadata: true, ...abortable(within) };
        for await (const blob of this.#container.listBlobsFlat(options)) {
          goesOn();
          const partition = partitionIn(blob.name.slice(this.#prefix.length));
          if (partition === undefined) continue;
          const stored = this.#read(partition, blob.metadata ?? {}, blob.properties.etag);
          if (stored !== undefined) leases.push(stored);
        }
      });
    } catch (thrown) {
      throw fromStorage(thrown, this.#what);
    }
    return leases;
  }

  async read(partition: string, signal: AbortSignal): Promise<Lease | undefined> {
    try {
      const { metadata = {}, etag } = await this.#inTime(signal, (within) =>
        this.#blob(partition).getProperties(abortable(within)),
      );
      return this.#read(partition, metadata, etag);
    } catch (thrown) {
      if (statusOf(thrown) === 404 && isBlobMissing(thrown)) return undefined;
      throw fromStorage(thrown, this.#nameOf(partition));
    }
  }

  create(lease: Lease, signal: AbortSignal): Promise<boolean> {
    const stale = this.#stale.get(lease.partition);
    const conditions = stale === undefined ? { ifNoneMatch: '*' } : { ifMatch: stale };
    return this.#write(lease, signal, async (within) => {
      const options = { metadata: toMetadata(lease, this.#owner), conditions, ...abortable(within) };
      return this.#blob(lease.partition).upload('', 0, options);
    });
  }

  async replace(next: Lease, counter: number, signal: AbortSignal): Promise<boolean> {
    const { partition } = next;
    const known = await this.#versionOf(partition, counter, signal);
    let version = known;
    for (let tries = 0; tries < mostTries; tries++) {
      if (known === undefined || version === undefined || !isSame(version.lease, known.lease)) return false;
      const { etag } = version;
      const isWritten = await this.#write(next, signal, async (within) =>
        this.#blob(partition).setMetadata(toMetadata(next, this.#owner), {
          conditions: { ifMatch: etag },
          ...abortable(within),
        }),
      );
      if (isWritten) return true;
      // Whoever changed only what surrounds the lease took nothing from its owner.
      version = await this.#versionOf(partition, counter, signal);
    }
    throw new StreamError(
      'unavailable',
      `${this.#nameOf(partition)} is written repeatedly by another program. Find it, and keep it out of this container`,
      { where: 'event-hubs' },
    );
  }

  async delete(partition: string, counter: number, signal: AbortSignal): Promise<boolean> {
    const version = await this.#versionOf(partition, counter, signal);
    if (version === undefined) return false;
    const { etag } = version;
    try {
      await this.#inTime(signal, (within) =>
        this.#blob(partition).delete({ conditions: { ifMatch: etag }, ...abortable(within) }),
      );
      return true;
    } catch (thrown) {
      if (isRefused(thrown)) return false;
      throw fromStorage(thrown, this.#nameOf(partition));
    } finally {
      this.#seen.delete(partition);
    }
  }

  /** The version that has this counter; `undefined` if another one is stored. */
  async #versionOf(partition: string, counter: number, signal: AbortSignal): Promise<Seen | undefined> {
    const seen = this.#seen.get(partition);
    if (seen?.lease.counter === counter) return seen;
    const lease = await this.read(partition, signal);
    return lease?.counter === counter ? this.#seen.get(partition) : undefined;
  }

  async #write(
    lease: Lease,
    signal: AbortSignal,
    request: (signal: AbortSignal) => Promise<{ readonly etag?: string }>,
  ): Promise<boolean> {
    // Until the answer is here nobody knows which version is stored.
    this.#seen.delete(lease.partition);
    try {
      const { etag } = await this.#inTime(signal, request);
      if (etag !== undefined) this.#seen.set(lease.partition, { lease, etag });
      return true;
    } catch (thrown) {
      if (isRefused(thrown)) return false;
      throw fromStorage(thrown, this.#nameOf(lease.partition));
    }
  }

  #inTime<T>(signal: AbortSignal, request: (signal: AbortSignal, goesOn: () => void) => Promise<T>): Promise<T> {
    return inTime({ timeoutMs: this.#timeoutMs, signal, unanswered: this.#unanswered }, request);
  }

  #read(partition: string, metadata: Readonly<Record<string, string>>, etag: string | undefined): Lease | undefined {
    const stored = this.#parse(partition, metadata);
    const { group, hubCreated } = this.#owner;
    if (stored.hubCreated !== undefined && stored.hubCreated !== hubCreated) {
      if (etag !== undefined) this.#stale.set(partition, etag);
      return undefined;
    }
    if (stored.group !== undefined && stored.group !== group)
      throw new StreamError(
        'conflict',
        `the consumer group is used by group "${stored.group}", and "${group}" would share its positions and readers. Give each group one of its own (consumerGroup)`,
        { where: 'event-hubs' },
      );
    if (etag !== undefined) this.#seen.set(partition, { lease: stored.lease, etag });
    return stored.lease;
  }

  /** Throws `conflict`: the group's place is not to be guessed. */
  #parse(partition: string, metadata: Readonly<Record<string, string>>): StoredLease {
    try {
      const stored = fromMetadata(partition, metadata);
      if (!this.#isPosition(stored.lease.position)) throw wrong('position');
      return stored;
    } catch (thrown) {
      if (!(thrown instanceof NoLease)) throw thrown;
      throw new StreamError(
        'conflict',
        `${this.#nameOf(partition)} is not a lease of group "${this.#owner.group}": ${thrown.message}. Restore its metadata from a copy; or delete the blob, and the group reads the partition from its start, or from where \`isostream reset\` puts it`,
        { where: 'event-hubs', cause: thrown },
      );
    }
  }

  #nameOf(partition: string): string {
    return `blob "${this.#nameIn(partition)}" in ${this.#what}`;
  }

  #nameIn(partition: string): string {
    return `${this.#prefix}${encodeURIComponent(partition)}`;
  }

  #blob(partition: string): BlockBlobClient {
    return this.#container.getBlockBlobClient(this.#nameIn(partition));
  }
}

/** `undefined` for a name that is not a partition's: it is not ours to judge. */
function partitionIn(name: string): string | undefined {
  try {
    const partition = decodeURIComponent(name);
    return encodeURIComponent(partition) === name && name !== '' ? partition : undefined;
  } catch {
    return undefined;
  }
}

function isSame(one: Lease, other: Lease): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The condition did not hold, or there is no blob any more; and nothing else forbids the write, such as a storage lease. */
function isRefused(thrown: unknown): boolean {
  const status = statusOf(thrown);
  if (status === 404) return isBlobMissing(thrown);
  if (status !== 409 && status !== 412) return false;
  return refusals.has(storageCodeOf(thrown) ?? 'ConditionNotMet');
}

const refusals: ReadonlySet<string> = new Set([
  'ConditionNotMet',
  'TargetConditionNotMet',
  'BlobAlreadyExists',
  'UnauthorizedBlobOverwrite',
]);

/** And not its container. */
function isBlobMissing(thrown: unknown): boolean {
  return storageCodeOf(thrown) !== 'ContainerNotFound';
}
