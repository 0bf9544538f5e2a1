import {
  keyFromBytes,
  type Gap,
  type ReadResult,
  type Room,
  type StoredEvent,
  type StreamError,
} from '@isostream/core/adapter';
import type { FetchResult, StoredRecord } from '../wire/wire.ts';

const mostAppetite = 2 ** 20;

/** The part of a partition that is still to be handed over: what was fetched, and where the next fetch begins. */
export class Cursor {
  readonly partition: number;
  /** Excluded; a range ends there. */
  readonly end: bigint | undefined;
  readonly #accepts: (event: StoredEvent) => boolean;
  #next: bigint;
  #fetched: StoredEvent[] = [];
  #taken = 0;
  #gap: Gap | undefined;
  #failure: StreamError | undefined;
  /** The end of the partition, as the last fetch saw it. */
  #highest: bigint | undefined;
  #appetite = 1;
  readonly #waiting: (() => void)[] = [];

  constructor(partition: number, start: bigint, end?: bigint, accepts: (event: StoredEvent) => boolean = () => true) {
    this.partition = partition;
    this.#next = start;
    this.end = end;
    this.#accepts = accepts;
  }

  /** Where the next fetch begins. */
  get next(): bigint {
    return this.#next;
  }

  get isOver(): boolean {
    return this.end !== undefined && this.#next >= this.end;
  }

  /**
   * How many times the usual size the next fetch should take. More than once where a fetch came back empty though
   * there is more: compaction leaves batches without events, and behind them a batch may not have fitted.
   */
  get appetite(): number {
    return this.#appetite;
  }

  /** Nothing is left of the last fetch: the next one may leave. */
  get isHungry(): boolean {
    return this.#fetched.length === 0 && this.#gap === undefined && this.#failure === undefined && !this.isOver;
  }

  /** More is known to be stored than was fetched. */
  get isBehind(): boolean {
    return this.#highest === undefined || this.#next < this.#highest;
  }

  /** Hands over what is at hand and finds room. */
  take(room: Room): ReadResult {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#gap !== undefined) {
      const gap = this.#gap;
      this.#gap = undefined;
      return gap;
    }
    if (this.#fetched.length === 0) return this.isOver ? 'end' : [];
    const from = this.#taken;
    for (let event = this.#fetched[from]; event !== undefined && room.take(event); event = this.#fetched[this.#taken])
      this.#taken++;
    const events = this.#fetched.slice(from, this.#taken);
    if (this.#taken === this.#fetched.length) {
      this.#fetched = [];
      this.#taken = 0;
    }
    return events;
  }

  /** What a fetch that began at {@link Cursor.next} brought. */
  received({ logStart, end, records, next }: FetchResult): void {
    this.#highest = end;
    if (logStart > this.#next && next === undefined) this.expired(logStart);
    for (const record of records) {
      // A compressed batch comes whole, also with what lies before the asked offset.
      if (record.offset < this.#next || (this.end !== undefined && record.offset >= this.end)) continue;
      const event = toEvent(this.partition, record);
      if (this.#accepts(event)) this.#fetched.push(event);
    }
    if (next !== undefined && next > this.#next) {
      this.#next = next;
      this.#appetite = 1;
    }
    this.wake();
  }

  /** The whole answer was this partition's, and yet held nothing of what is known to be there. */
  cameEmpty(): void {
    this.#appetite = Math.min(this.#appetite * 2, mostAppetite);
  }

  /** The position is outside of the log: retention was faster, or the log was made anew. */
  expired(logStart: bigint): void {
    const missing = logStart > this.#next ? Number(logStart - this.#next) : undefined;
    this.#gap = { gap: true, from: String(this.#next), to: String(logStart), missing };
    this.#next = logStart;
    this.wake();
  }

  fail(error: StreamError): void {
    this.#failure = error;
    this.wake();
  }

  /** Resolves with the next change, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.push(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function toEvent(partition: number, { offset, timestamp, key, value, headers }: StoredRecord): StoredEvent {
  const keep = keeper([key, value, ...headers.map(([, header]) => header)]);
  return {
    partition: String(partition),
    position: String(offset),
    timestamp,
    key: keyFromBytes(keep(key)),
    value: keep(value),
    headers: headers.map(([name, header]) => [name, typeof header === 'string' ? header : keep(header)]),
  };
}

/** Copies one event's bytes to a place of their own: a view would keep the whole response alive as long as its slowest event. */
function keeper(
  parts: readonly (Uint8Array | string | null)[],
): <Bytes extends Uint8Array | null>(bytes: Bytes) => Bytes | Buffer {
  let size = 0;
  for (const part of parts) if (part instanceof Uint8Array) size += part.length;
  const place = Buffer.allocUnsafe(size);
  let at = 0;
  return (bytes) => {
    if (bytes === null) return bytes;
    place.set(bytes, at);
    at += bytes.length;
    return place.subarray(at - bytes.length, at);
  };
}
