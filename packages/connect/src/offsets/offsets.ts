import { type Clock, StreamError, systemClock, untilAborted, withDeadline } from '@isostream/core/adapter';
import { offsetId, type SourceOffset, type SourcePlace } from './place.ts';
import type { OffsetStore } from './store.ts';

/** How far the sources of a worker were read: what is stored, and what is to be stored next. */
export class Offsets {
  readonly #store: OffsetStore;
  readonly #timeoutMs: number;
  readonly #connectors: ReadonlySet<string>;
  readonly #clock: Clock;
  readonly #known = new Map<string, SourceOffset>();
  #refreshedAt: number;
  #changed = new Map<string, SourceOffset>();
  /** Calls of the store, one after the other, also where one was given up. */
  #turn: Promise<unknown> = Promise.resolve();

  /** `connectors` are the names of those of this worker: what others stored in the same place is left alone. */
  constructor(store: OffsetStore, connectors: readonly string[], timeoutMs: number, clock: Clock = systemClock) {
    this.#store = store;
    this.#connectors = new Set(connectors);
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#refreshedAt = -Infinity;
  }

  async load(signal: AbortSignal): Promise<void> {
    for (const offset of await this.#store.read(signal))
      if (this.#connectors.has(offset.connector)) this.#known.set(offsetId(offset), offset);
  }

  /** How far a part of a source was read; `undefined` where it never was. */
  of(connector: string, partition: SourcePlace): SourcePlace | undefined {
    return this.#known.get(offsetId({ connector, partition }))?.offset;
  }

  /** From here the source goes on: everything before is acknowledged by the service. Stored with the next flush. */
  advance(offset: SourceOffset): void {
    const id = offsetId(offset);
    this.#known.set(id, offset);
    this.#changed.set(id, offset);
  }

  /** Stores what has changed. Rejects where it was not stored in time, or could not be; then the next flush has it too. */
  async flush(): Promise<void> {
    this.#refresh();
    if (this.#changed.size === 0) return;
    const ms = this.#timeoutMs;
    const changed = this.#changed;
    this.#changed = new Map();
    const late = (): StreamError =>
      new StreamError(
        'timeout',
        `${this.#store.name} did not store offsets within ${ms} ms (offset.flush.timeout.ms)`,
        {
          where: 'connect',
        },
      );
    try {
      await withDeadline({ ms, late }, (signal) => {
        const write = this.#turn.then(() => {
          signal.throwIfAborted();
          return this.#store.write([...changed.values()], signal);
        });
        this.#turn = write.catch(() => undefined);
        return untilAborted(write, signal);
      });
    } catch (error) {
      // What is newer stays.
      this.#changed = new Map([...changed, ...this.#changed]);
      throw error;
    }
  }

  #refresh(): void {
    const { refreshMs = Infinity } = this.#store;
    const now = this.#clock.monotonic();
    if (now - this.#refreshedAt < refreshMs || refreshMs === Infinity) return;
    this.#refreshedAt = now;
    for (const [id, offset] of this.#known) this.#changed.set(id, offset);
  }

  async close(): Promise<void> {
    await this.#store.close?.();
  }
}
