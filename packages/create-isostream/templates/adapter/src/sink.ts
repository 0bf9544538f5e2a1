import {
  type BatchResult,
  type EncodedEvent,
  type InFlightLimits,
  keyId,
  type LaneBatch,
  type Sink,
  StreamError,
} from '@isostream/core/adapter';
import { createHash } from 'node:crypto';
import { capabilities } from './capabilities.js';
import { asked, toStreamError } from './errors.js';
import type { Service, ServiceRecord, ServiceTopic } from './service.js';

/** What may be in flight together: here one request with events of all partitions. */
const limits: InFlightLimits = Object.freeze({
  requestsPerRoute: 1,
  lanesPerRequest: Infinity,
  eventsPerLane: 1_000,
  bytesPerLane: 4 * 1_048_576,
  eventsPerRequest: 10_000,
  bytesPerRequest: 16 * 1_048_576,
});

/** Writes to one topic: a lane is a partition. Retries nothing, for core does. */
export class ExampleSink implements Sink {
  readonly limits: InFlightLimits = limits;
  readonly #service: Service;
  readonly #name: string;
  #topic: ServiceTopic | undefined;
  #next = 0;

  constructor(service: Service, name: string) {
    this.#service = service;
    this.#name = name;
  }

  get maxEventBytes(): number {
    return this.#topic?.attributes['maxEventBytes'] ?? capabilities.maxEventBytes;
  }

  async open(): Promise<void> {
    const what = `topic "${this.#name}"`;
    this.#topic = await asked(what, () => this.#service.findTopic(this.#name));
    if (this.#topic === undefined)
      throw new StreamError('unknown-topic', `${what} does not exist. Create it`, {
        where: 'example',
        outcome: 'not-written',
      });
  }

  lane({ key }: EncodedEvent): string {
    const { partitions = 1 } = this.#topic ?? {};
    const id = keyId(key);
    const number = id === undefined ? this.#next++ : createHash('sha256').update(id).digest().readUInt32BE();
    return String(number % partitions);
  }

  route(): string {
    return 'example';
  }

  async write(_route: string, batches: readonly LaneBatch[]): Promise<readonly BatchResult[]> {
    return Promise.all(batches.map((batch) => this.#writeOne(batch)));
  }

  abandon(): void {}

  async close(): Promise<void> {}

  async #writeOne({ lane, events }: LaneBatch): Promise<BatchResult> {
    const topic = this.#topic;
    const what = `topic "${this.#name}", partition ${lane}`;
    try {
      const first = await this.#service.append(topic?.id ?? '', Number(lane), events.map(toRecord));
      return events.map((_, index) => ({ partition: lane, position: String(first + index) }));
    } catch (thrown) {
      // Gone, or another one of its name by now: core opens it again.
      const found = await this.#service.findTopic(this.#name);
      if (found !== undefined && found.id !== topic?.id)
        return new StreamError('topic-mismatch', `${what}: the topic was created anew`, {
          where: 'example',
          cause: thrown,
          outcome: 'not-written',
        });
      return toStreamError(thrown, what);
    }
  }
}

function toRecord({ key, value, headers }: EncodedEvent): ServiceRecord {
  return {
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value,
    headers: headers.map(([name, text]) => [name, typeof text === 'string' ? Buffer.from(text) : text]),
  };
}
