/** What a shard takes and gives in a second, for all clients together. */
export interface ShardLimits {
  /** Default 1,048,576, as of the service. */
  readonly bytesPerSecond?: number;
  /** Default 1,000, as of the service. */
  readonly recordsPerSecond?: number;
  /** Calls of `GetRecords`. Default 5, as of the service. */
  readonly readsPerSecond?: number;
}

interface Use {
  readonly at: number;
  readonly bytes: number;
}

/** A record of `PutRecords`, as it is in a request. */
interface PutRecord {
  readonly Data?: string;
  readonly PartitionKey?: string;
  readonly ExplicitHashKey?: string;
}

/**
 * Counts what each shard was given and asked for in the last second. The shard of a key is learned when a record of it is stored, and that
 * of an iterator when it is made: what is not known yet passes.
 */
export class ShardUse {
  readonly #limits: Required<ShardLimits>;
  readonly #now: () => number;
  readonly #writes = new Map<string, Use[]>();
  readonly #reads = new Map<string, Use[]>();
  readonly #shardOfKey = new Map<string, string>();
  readonly #shardOfIterator = new Map<string, string>();

  constructor(limits: ShardLimits = {}, now: () => number = () => performance.now()) {
    this.#limits = { bytesPerSecond: 1_048_576, recordsPerSecond: 1_000, readsPerSecond: 5, ...limits };
    this.#now = now;
  }

  /** Whether the shard of this record takes it now; then it counts. */
  takesRecord(stream: string, record: PutRecord): boolean {
    const shard = this.#shardOfKey.get(placeOf(stream, record));
    if (shard === undefined) return true;
    const uses = this.#recent(this.#writes, shard);
    const bytes = sizeOf(record) + uses.reduce((sum, use) => sum + use.bytes, 0);
    // What a shard has no use of yet it takes, so that nothing is too large for ever.
    if (uses.length > 0 && (bytes > this.#limits.bytesPerSecond || uses.length >= this.#limits.recordsPerSecond))
      return false;
    uses.push({ at: this.#now(), bytes: sizeOf(record) });
    return true;
  }

  storedRecord(stream: string, record: PutRecord, shard: string): void {
    this.#shardOfKey.set(placeOf(stream, record), `${stream}/${shard}`);
  }

  /** Whether the shard of this iterator answers now; then it counts. */
  answersRead(iterator: string): boolean {
    // One from before the limits: what follows it is known by it.
    const shard = this.#shardOfIterator.get(iterator) ?? iterator;
    const uses = this.#recent(this.#reads, shard);
    if (uses.length >= this.#limits.readsPerSecond) return false;
    uses.push({ at: this.#now(), bytes: 0 });
    return true;
  }

  madeIterator(iterator: string, stream: string, shard: string): void {
    this.#shardOfIterator.set(iterator, `${stream}/${shard}`);
  }

  nextIterator(iterator: string, next: string): void {
    this.#shardOfIterator.set(next, this.#shardOfIterator.get(iterator) ?? iterator);
    this.#shardOfIterator.delete(iterator);
  }

  #recent(all: Map<string, Use[]>, shard: string): Use[] {
    const since = this.#now() - 1_000;
    const uses = (all.get(shard) ?? []).filter(({ at }) => at > since);
    all.set(shard, uses);
    return uses;
  }
}

function placeOf(stream: string, { PartitionKey: key = '', ExplicitHashKey: hash }: PutRecord): string {
  return `${stream}/${hash === undefined ? `key ${key}` : `hash ${hash}`}`;
}

/** Base64 is a third longer. */
function sizeOf({ Data: data = '', PartitionKey: key = '' }: PutRecord): number {
  return Math.floor((data.length * 3) / 4) + Buffer.byteLength(key);
}
