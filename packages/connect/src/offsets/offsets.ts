import { StreamError, untilAborted, withDeadline } from '@isostream/core/adapter';
import { placeId, type SourceOffset, type SourcePlace } from './place.ts';
import type { OffsetStore } from './store.ts';

/** How far the sources of a worker were read: what is stored, and what is to be stored next. */
export class Offsets {
  readonly #store: OffsetStore;
  readonly #timeoutMs: number;
  readonly #known = new Map<string, SourceOffset>();
  #changed = new Map<string, SourceOffset>();
  /** Calls of the store, one after the other, also where one was given up. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: OffsetStore, timeoutMs: number) {
    this.#store = store;
    this.#timeoutMs = timeoutMs;
  }

  get storeName(): string {
    return this.#store.name;
  }

  async load(signal: AbortSignal): Promise<void> {
    for (const offset of await this.#store.read(signal)) this.#known.set(idOf(offset), offset);
  }

  /** How far a part of a source was read; `undefined` where it never was. */
  of(connector: string, partition: SourcePlace): SourcePlace | undefined {
    return this.#known.get(idOf({ connector, partition }))?.offset ?? undefined;
  }

  /** From here the source goes on: everything before is acknowledged by the service. Stored with the next flush. */
  advance(offset: SourceOffset): void {
    const id = idOf(offset);
    this.#known.set(id, offset);
    this.#changed.set(id, offset);
  }

  /** Stores what has changed. Rejects where it was not stored in time, or could not be; then the next flush has it too. */
  async flush(): Promise<void> {
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

  async close(): Promise<void> {
    await this.#store.close?.();
  }
}

function idOf({ connector, partition }: Pick<SourceOffset, 'connector' | 'partition'>): string {
  return `${connector}\n${placeId(partition)}`;
}
