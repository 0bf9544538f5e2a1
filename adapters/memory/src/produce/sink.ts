import {
  type BatchResult,
  type EncodedEvent,
  type InFlightLimits,
  keyId,
  type LaneBatch,
  type Sink,
  sleep,
  StreamError,
  type Written,
} from '@isostream/core/adapter';
import type { MemoryBroker, MemoryTopic } from '../service/broker.ts';

/** One request at a time, as a connection to one broker would have it; a lane is a partition. */
const limits: InFlightLimits = Object.freeze({
  requestsPerRoute: 1,
  lanesPerRequest: Infinity,
  eventsPerLane: 10_000,
  bytesPerLane: 16 * 1_048_576,
  eventsPerRequest: 10_000,
  bytesPerRequest: 16 * 1_048_576,
});

/** A lane is a key: one request of a key at a time, and one key a request. */
const individualLimits: InFlightLimits = Object.freeze({
  ...limits,
  requestsPerRoute: 64,
  lanesPerRequest: 1,
});

/** Events without a key share so many lanes. */
const freeLanes = 8;

export class MemorySink implements Sink {
  readonly limits: InFlightLimits;
  readonly #broker: MemoryBroker;
  readonly #name: string;
  #topic: MemoryTopic | undefined;
  /** As they were when it was opened: a topic that grows moves no key of a producer at work. */
  #partitions = 1;
  #next = 0;
  /** What was stored although nobody learned it: the same batch again is recognised, as idempotent producers are. */
  readonly #stored = new WeakMap<LaneBatch, readonly Written[]>();

  constructor(broker: MemoryBroker, topic: string) {
    this.#broker = broker;
    this.#name = topic;
    this.limits = broker.settlement === 'individual' ? individualLimits : limits;
  }

  get maxEventBytes(): number {
    return this.#topic?.settings.maxEventBytes ?? 0;
  }

  get keepsStoredTime(): boolean {
    return this.#topic?.settings.storedTime === 'sender';
  }

  async open(): Promise<void> {
    this.#broker.checkReach();
    this.#topic = this.#broker.topic(this.#name);
    this.#partitions = this.#topic.settings.partitions ?? 1;
  }

  lane(event: EncodedEvent): string {
    if (this.#broker.settlement === 'individual') return this.#keyLane(event);
    const key = keyId(event.key);
    return String(key === undefined ? this.#next++ % this.#partitions : hash(key) % this.#partitions);
  }

  #keyLane({ key }: EncodedEvent): string {
    const id = keyId(key);
    return id === undefined ? `free ${this.#next++ % freeLanes}` : `key ${id}`;
  }

  route(): string {
    return 'memory';
  }

  async write(_route: string, batches: readonly LaneBatch[], signal: AbortSignal): Promise<readonly BatchResult[]> {
    const results: BatchResult[] = [];
    for (const batch of batches) results.push(await this.#writeOne(batch, signal));
    return results;
  }

  abandon(batch: LaneBatch): void {
    this.#stored.delete(batch);
  }

  async close(): Promise<void> {}

  async #writeOne(batch: LaneBatch, signal: AbortSignal): Promise<BatchResult> {
    let answerIsLost = false;
    for (const effect of this.#broker.faults.bite('write', this.#name)) {
      if (effect.kind === 'fail') return this.#failed(batch, effect.code, effect.outcome);
      if (effect.kind === 'delay') {
        const aborted = await sleep(this.#broker.clock, effect.ms, signal).then(
          () => false,
          () => true,
        );
        if (aborted) return this.#failed(batch, 'aborted', 'unknown');
      } else answerIsLost = true;
    }
    const written = this.#stored.get(batch) ?? this.#append(batch);
    if (StreamError.is(written)) return written;
    if (!answerIsLost) return written;
    this.#stored.set(batch, written);
    return this.#failed(batch, 'timeout', 'unknown');
  }

  #append(batch: LaneBatch): readonly Written[] | StreamError {
    const found = this.#broker.find(this.#name);
    if (found === undefined) return this.#failed(batch, 'unknown-topic', 'not-written');
    // Created anew: it may have other partitions.
    if (found !== this.#topic) return this.#failed(batch, 'topic-mismatch', 'not-written');
    // Core gives such a provider nothing else; what it did give would be lost without a word.
    if (
      this.#broker.headers === 'none' &&
      batch.events.some(({ headers, value }) => headers.length > 0 || value === null)
    )
      return this.#failed(batch, 'internal', 'not-written');
    const topic = this.#broker.topic(this.#name);
    const now = this.#broker.clock.now();
    if (this.#broker.settlement === 'watermark') return topic.log(batch.lane).append(batch.events, now);
    const keys = new Set(batch.events.map((event) => keyId(event.key)));
    if (keys.size > 1) return this.#failed(batch, 'internal', 'not-written');
    return topic
      .log('0')
      .append(batch.events, now)
      .map(({ position }) => ({ partition: undefined, position }));
  }

  #failed(batch: LaneBatch, code: StreamError['code'], outcome: 'not-written' | 'unknown'): StreamError {
    const message = `write to topic "${this.#name}", partition ${batch.lane} failed: ${code}`;
    return new StreamError(code, message, { where: 'memory', outcome });
  }
}

/** FNV-1a, 32 bits, over UTF-16 units. Source: draft-eastlake-fnv. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
