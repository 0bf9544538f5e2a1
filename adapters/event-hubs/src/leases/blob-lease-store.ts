import { abortable, StreamError } from '@isostream/core/adapter';
import type { Lease, LeaseStore } from '@isostream/coordination';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { fromStorage, statusOf } from '../errors.ts';
import { inTime } from './in-time.ts';
import { fromMetadata, type Owner, toMetadata } from './lease-text.ts';

export interface BlobLeaseStoreOptions extends Owner {
  readonly container: ContainerClient;
  /** Where Microsoft's clients keep the checkpoints of this consumer group; ends with a slash. */
  readonly prefix: string;
  /** How long a request may keep silent. */
  readonly timeoutMs: number;
}

interface Seen {
  readonly counter: number;
  readonly etag: string;
}

/**
 * Leases as blobs without content, one a partition, that are Microsoft's checkpoints at the same time. Each write names
 * the ETag of the version that it replaces.
 */
export class BlobLeaseStore implements LeaseStore {
  readonly #container: ContainerClient;
  readonly #prefix: string;
  readonly #owner: Owner;
  readonly #timeoutMs: number;
  readonly #what: string;
  /** The version of each blob as it was last seen: a counter that is still the same needs no further look. */
  readonly #seen = new Map<string, Seen>();
  /** Versions of blobs that an earlier hub of this name left. */
  readonly #stale = new Map<string, string>();

  constructor({ container, prefix, timeoutMs, group, hubCreated }: BlobLeaseStoreOptions) {
    this.#container = container;
    this.#prefix = prefix;
    this.#timeoutMs = timeoutMs;
    this.#owner = { group, hubCreated };
    this.#what = `container "${container.containerName}"`;
  }

  async list(signal: AbortSignal): Promise<readonly Lease[]> {
    const leases: Lease[] = [];
    this.#stale.clear();
    try {
      await inTime(this.#timeoutMs, signal, async (within, goesOn) => {
        const options = { prefix: this.#prefix, includeMetadata: true, ...abortable(within) };
        for await (const blob of this.#container.listBlobsFlat(options)) {
          goesOn();
          const partition = decodeURIComponent(blob.name.slice(this.#prefix.length));
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
      const { metadata = {}, etag } = await inTime(this.#timeoutMs, signal, (within) =>
        this.#blob(partition).getProperties(abortable(within)),
      );
      return this.#read(partition, metadata, etag);
    } catch (thrown) {
      if (statusOf(thrown) === 404 && isBlobMissing(thrown)) return undefined;
      throw fromStorage(thrown, this.#what);
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
    const etag = await this.#etagOf(next.partition, counter, signal);
    if (etag === undefined) return false;
    return this.#write(next, signal, async (within) =>
      this.#blob(next.partition).setMetadata(toMetadata(next, this.#owner), {
        conditions: { ifMatch: etag },
        ...abortable(within),
      }),
    );
  }

  async delete(partition: string, counter: number, signal: AbortSignal): Promise<boolean> {
    const etag = await this.#etagOf(partition, counter, signal);
    if (etag === undefined) return false;
    try {
      await inTime(this.#timeoutMs, signal, (within) =>
        this.#blob(partition).delete({ conditions: { ifMatch: etag }, ...abortable(within) }),
      );
      return true;
    } catch (thrown) {
      if (isRefused(thrown)) return false;
      throw fromStorage(thrown, this.#what);
    } finally {
      this.#seen.delete(partition);
    }
  }

  /** The version that has this counter; `undefined` if another one is stored. */
  async #etagOf(partition: string, counter: number, signal: AbortSignal): Promise<string | undefined> {
    const seen = this.#seen.get(partition);
    if (seen?.counter === counter) return seen.etag;
    const lease = await this.read(partition, signal);
    return lease?.counter === counter ? this.#seen.get(partition)?.etag : undefined;
  }

  async #write(
    lease: Lease,
    signal: AbortSignal,
    request: (signal: AbortSignal) => Promise<{ readonly etag?: string }>,
  ): Promise<boolean> {
    // Until the answer is here nobody knows which version is stored.
    this.#seen.delete(lease.partition);
    try {
      const { etag } = await inTime(this.#timeoutMs, signal, request);
      if (etag !== undefined) this.#seen.set(lease.partition, { counter: lease.counter, etag });
      return true;
    } catch (thrown) {
      if (isRefused(thrown)) return false;
      throw fromStorage(thrown, this.#what);
    }
  }

  #read(partition: string, metadata: Readonly<Record<string, string>>, etag: string | undefined): Lease | undefined {
    const stored = fromMetadata(partition, metadata);
    if (stored === undefined) return undefined;
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
    if (etag !== undefined) this.#seen.set(partition, { counter: stored.lease.counter, etag });
    return stored.lease;
  }

  #blob(partition: string): BlockBlobClient {
    return this.#container.getBlockBlobClient(`${this.#prefix}${encodeURIComponent(partition)}`);
  }
}

/** The condition did not hold, or there is no blob any more. */
function isRefused(thrown: unknown): boolean {
  const status = statusOf(thrown);
  return status === 409 || status === 412 || (status === 404 && isBlobMissing(thrown));
}

/** And not its container. */
function isBlobMissing(thrown: unknown): boolean {
  const code: unknown = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'code') : undefined;
  return code !== 'ContainerNotFound';
}
