import {
  type EncodedEvent,
  keyFromBytes,
  keyId,
  type EventPage,
  sizeOf,
  type StoredEvent,
  type Written,
} from '@isostream/core/adapter';

/** What a log keeps. */
export interface LogLimits {
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

/** One partition: stored events in order, each at a position that never changes. Holds what retention keeps. */
export class PartitionLog {
  readonly name: string;
  #events: StoredEvent[] = [];
  #bytes = 0;
  #start = 0;
  #end = 0;
  #waiting: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** The first position that retention has not removed. */
  get start(): number {
    return this.#start;
  }

  /** The position that the next event gets. */
  get end(): number {
    return this.#end;
  }

  append(events: readonly EncodedEvent[], now: number): Written[] {
    const written = events.map((event) => {
      const position = String(this.#end++);
      // A service stores bytes: what the sender does with its buffers afterwards must not reach them.
      const stored = {
        key: typeof event.key === 'string' ? event.key : keyFromBytes(copy(event.key)),
        value: copy(event.value),
        headers: event.headers,
        timestamp: event.timestamp ?? now,
        partition: this.name,
        position,
      };
      this.#events.push(stored);
      this.#bytes += sizeOf(stored);
      return { partition: this.name, position };
    });
    for (const wake of this.#waiting.splice(0)) wake();
    return written;
  }

  /** Fills a page from a position on; a gap alone where retention was faster. Returns where the next one begins. */
  read(from: number, page: EventPage): number {
    if (from < this.#start) {
      page.gap({ from: String(from), to: String(this.#start), missing: this.#start - from });
      return this.#start;
    }
    for (let index = this.#indexOf(from); ; index++) {
      const event = this.#events[index];
      // Compaction may leave nothing up to the end.
      if (event === undefined) return this.#end;
      if (!page.add(event)) return Number(event.position);
    }
  }

  /** What is stored now from a position on. */
  since(from: number): StoredEvent[] {
    return this.#events.slice(this.#indexOf(from));
  }

  /** Resolves at the next append, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const stop = (): void => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== wake);
        resolve();
      };
      if (signal.aborted) return resolve();
      this.#waiting.push(wake);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** The first position whose event was stamped at or after `time`; the end if there is none. */
  positionAt(time: number): number {
    const found = this.#events.find((event) => event.timestamp >= time);
    return found === undefined ? this.#end : Number(found.position);
  }

  /** Stored events at or after a position, and when the first of them was stamped. */
  behind(position: number): { readonly events: number; readonly oldest: number | undefined } {
    const index = this.#indexOf(position);
    return { events: this.#events.length - index, oldest: this.#events[index]?.timestamp };
  }

  /** Removes what is older or more than the limits; the newest event always stays. */
  retain(limits: LogLimits, now: number): void {
    let drop = 0;
    let bytes = this.#bytes;
    for (; drop < this.#events.length - 1; drop++) {
      const event = this.#events[drop];
      if (event === undefined || (event.timestamp >= now - limits.retentionMs && bytes <= limits.retentionBytes)) break;
      bytes -= sizeOf(event);
    }
    if (drop > 0) this.trim(Number(this.#events[drop]?.position));
  }

  /** Removes every event before a position. */
  trim(before: number): void {
    const index = this.#indexOf(before);
    for (const event of this.#events.splice(0, index)) this.#bytes -= sizeOf(event);
    this.#start = Math.max(this.#start, Math.min(before, this.#end));
  }

  /** Keeps the newest event of each key, and no tombstone; events without a key stay. Positions do not change. */
  compact(): void {
    const newest = new Map(this.#events.map((event) => [keyId(event.key), event]));
    this.#events = this.#events.filter(
      (event) => event.key === null || (newest.get(keyId(event.key)) === event && event.value !== null),
    );
    this.#bytes = this.#events.reduce((sum, event) => sum + sizeOf(event), 0);
  }

  /** Index of the first event at or after a position. */
  #indexOf(position: number): number {
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Number(this.#events[middle]?.position) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function copy(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : Buffer.from(bytes);
}
