import type { Gap, EventPage, Position, StoredEvent, StreamError } from '@isostream/core/adapter';
import type { FetchedRecords, StoredBatch } from '../client/fetched-records.ts';
import type { Unpacker } from '../client/unpacker.ts';
import type { FetchResult } from '../client/wire.ts';

const mostAppetite = 2 ** 20;
/** How often what cannot be read is fetched: it may have been damaged on its way. */
const mostTries = 3;

/** In place of the position of the last event: what was missed may not be passed over. */
export const gap: unique symbol = Symbol('gap');

/** What cannot be read, and where it is. */
export interface Unreadable {
  readonly offset: bigint;
  readonly error: unknown;
  /** The batch that it is in; `undefined` where nobody can tell where that ends. */
  readonly batch: StoredBatch | undefined;
}

/** The part of a partition that is still to be handed over: what was fetched, and where the next fetch begins. */
export class PartitionCursor {
  readonly partition: number;
  /** Excluded; a range ends there. */
  readonly end: bigint | undefined;
  /** Events of this time or later are passed over. */
  readonly #beforeMs: number;
  #next: bigint;
  #fetched: FetchedRecords | undefined;
  /** What is before it was handed over, or is not an event. */
  #from: number;
  /** It found no room. */
  #refused: StoredEvent | undefined;
  #gap: Gap | undefined;
  #last: Position | typeof gap | undefined;
  #failure: StreamError | undefined;
  #unreadable: Unreadable | undefined;
  /** Where it was stopped last, and how often. */
  #stopped = -1;
  #tries = 0;
  /** The end of the partition, as the last fetch saw it. */
  #highest: bigint | undefined;
  #appetite = 1;
  readonly #waiting: (() => void)[] = [];

  constructor(partition: number, start: bigint, end?: bigint, beforeMs: number = Infinity) {
    this.partition = partition;
    this.#next = start;
    this.#from = Number(start);
    this.end = end;
    this.#beforeMs = beforeMs;
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
    return (
      this.#fetched === undefined &&
      this.#refused === undefined &&
      this.#gap === undefined &&
      this.#unreadable === undefined &&
      this.#failure === undefined &&
      !this.isOver
    );
  }

  /** What is at hand has to be unpacked first. */
  get isPacked(): boolean {
    return this.#refused === undefined && this.#unreadable === undefined && this.#fetched?.isPacked === true;
  }

  /** What stops it, once everything before that was handed over. */
  get unreadable(): Unreadable | undefined {
    return this.#fetched === undefined && this.#refused === undefined ? this.#unreadable : undefined;
  }

  /** More is known to be stored than was fetched. */
  get isBehind(): boolean {
    return this.#highest === undefined || this.#next < this.#highest;
  }

  /** What was handed over last: the position of an event, or a gap. */
  get last(): Position | typeof gap | undefined {
    return this.#last;
  }

  /** Hands over what is at hand and finds room. */
  handTo(page: EventPage): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#gap !== undefined) {
      page.gap(this.#gap);
      this.#gap = undefined;
      this.#last = gap;
    }
    for (let event = this.#refused ?? this.#read(); event !== undefined; event = this.#read()) {
      this.#refused = page.add(event) ? undefined : event;
      if (this.#refused !== undefined) return;
      this.#last = event.position;
    }
    if (this.#fetched === undefined && this.#unreadable === undefined && this.isOver) page.end();
  }

  /** Makes what is at hand readable. What prevents it is {@link PartitionCursor.unreadable} then. */
  async unpack(unpacker: Unpacker): Promise<void> {
    const fetched = this.#fetched;
    try {
      await fetched?.unpack(unpacker, this.#from, this.#before);
    } catch (error) {
      if (this.#fetched === fetched) this.#stopAt(error);
    }
  }

  /** What a fetch that began at {@link PartitionCursor.next} brought. */
  received({ logStart, end, records }: FetchResult): void {
    this.#highest = end;
    const next = records.next === undefined ? undefined : BigInt(records.next);
    if (logStart > this.#next && next === undefined && records.isEmpty) this.expired(logStart);
    this.#from = Number(this.#next);
    if (!records.isEmpty) this.#fetched = records;
    if (next !== undefined && next > this.#next) {
      this.#next = next;
      this.#appetite = 1;
    }
    this.wake();
  }

  /** Fetches again what could not be read. False where that was done often enough. */
  tryAgain(): boolean {
    if (this.#unreadable === undefined || this.#tries >= mostTries) return false;
    this.#next = this.#unreadable.offset;
    this.#unreadable = undefined;
    return true;
  }

  /** Hands over the rest of a batch that cannot be read as one event at its end, and goes on behind it. */
  handOver({ lastOffset, bytes, timestamp }: StoredBatch, error: StreamError): void {
    this.#unreadable = undefined;
    this.#next = BigInt(lastOffset + 1);
    if (timestamp >= this.#beforeMs) return;
    this.#refused = {
      partition: String(this.partition),
      position: String(lastOffset),
      timestamp,
      key: null,
      // A view would keep alive all that the fetch brought.
      value: Buffer.from(bytes),
      headers: [],
      unreadable: error,
    };
  }

  /** Nothing of it is needed any more. */
  close(): void {
    this.#fetched?.release();
    this.wake();
  }

  /** The whole answer was this partition's, and yet held nothing of what is known to be there. */
  cameEmpty(): void {
    this.#appetite = Math.min(this.#appetite * 2, mostAppetite);
  }

  /** The position is outside of the log: retention was faster, or the log was made anew. */
  expired(logStart: bigint): void {
    const missing = logStart > this.#next ? Number(logStart - this.#next) : undefined;
    this.#gap = { from: String(this.#next), to: String(logStart), missing };
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

  #read(): StoredEvent | undefined {
    const fetched = this.#fetched;
    if (fetched === undefined) return undefined;
    try {
      for (;;) {
        const event = fetched.read(this.#from, this.#before);
        if (event === undefined) break;
        this.#from = Number(event.position) + 1;
        if (event.timestamp < this.#beforeMs) return event;
      }
      if (fetched.isEmpty) this.#fetched = undefined;
    } catch (error) {
      this.#stopAt(error);
    }
    return undefined;
  }

  get #before(): number {
    return this.end === undefined ? Infinity : Number(this.end);
  }

  /** Nothing behind it is read: what was fetched goes, what is before it stays handed over. */
  #stopAt(error: unknown): void {
    const at = Math.max(this.#fetched?.position ?? Number(this.#next), this.#from);
    this.#tries = at === this.#stopped ? this.#tries + 1 : 1;
    this.#stopped = at;
    const batch = this.#fetched?.stored;
    this.#fetched?.release();
    this.#fetched = undefined;
    this.#unreadable = { offset: BigInt(at), error, batch };
  }
}
