import {
  abortedBy,
  type BatchResult,
  type EncodedEvent,
  type InFlightLimits,
  type LaneBatch,
  type Sink,
  StreamError,
  untilAborted,
} from '@isostream/core/adapter';
import type { EventDataBatch } from '@azure/event-hubs';
import { toStreamError } from '../errors.ts';
import { declaredLimit, eventLimit } from '../event-limit.ts';
import type { Hubs } from '../hubs.ts';
import { toMessage } from '../message.ts';
import { partitionOf } from './key-hash.ts';

/** Of the basic tier, until the service has told its own. */
const smallestLimit = 256 * 1_024;

/**
 * Writes batches to partitions, which is where the service keeps order: one batch in flight for each. Keys are hashed here
 * as the service does it, since a batch that names a partition may hold any number of keys.
 */
export class EventHubsSink implements Sink {
  readonly limits: InFlightLimits;
  readonly #hubs: Hubs;
  readonly #hub: string;
  #partitions: readonly string[] = [];
  #maxBatchBytes = smallestLimit;
  #declaredLimit: number | undefined;
  #next = 0;
  /** As they were sent at first: a batch is written again byte for byte. */
  readonly #encoded = new WeakMap<LaneBatch, EventDataBatch>();
  readonly #doubtful = new WeakSet<LaneBatch>();

  constructor(hubs: Hubs, hub: string) {
    this.#hubs = hubs;
    this.#hub = hub;
    const bytesPerLane = (): number => Math.floor(this.#maxBatchBytes * 0.75);
    this.limits = {
      requestsPerRoute: 1,
      lanesPerRequest: 1,
      eventsPerLane: 1_000,
      /** Less than the service takes, so that what surrounds the events fits as well. */
      get bytesPerLane() {
        return bytesPerLane();
      },
      eventsPerRequest: 1_000,
      get bytesPerRequest() {
        return bytesPerLane();
      },
    };
  }

  get maxEventBytes(): number {
    return eventLimit(this.#hub, this.#maxBatchBytes, this.#declaredLimit);
  }

  async open(signal: AbortSignal): Promise<void> {
    const partitions = await this.#hubs.partitions(this.#hub, signal);
    const [partitionId = '0'] = partitions;
    const { maxSizeInBytes } = await this.#createBatch(partitionId, signal);
    this.#maxBatchBytes = maxSizeInBytes;
    this.#declaredLimit = declaredLimit(await this.#hubs.userMetadata(this.#hub, signal));
    // Last: a changed number of partitions would move keys, so it is fixed for the life of this sink.
    this.#partitions = partitions;
  }

  lane({ key }: EncodedEvent): string {
    const count = this.#partitions.length;
    return this.#partitions[key === null ? this.#next++ % count : partitionOf(key, count)] ?? '0';
  }

  route(lane: string): string {
    return lane;
  }

  async write(_route: string, batches: readonly LaneBatch[], signal: AbortSignal): Promise<readonly BatchResult[]> {
    return Promise.all(batches.map((batch) => this.#write(batch, signal)));
  }

  abandon(batch: LaneBatch): void {
    this.#encoded.delete(batch);
  }

  async close(): Promise<void> {}

  async #write(batch: LaneBatch, signal: AbortSignal): Promise<BatchResult> {
    try {
      const encoded = this.#encoded.get(batch) ?? (await this.#encode(batch, signal));
      await untilAborted(this.#hubs.client(this.#hub).sendBatch(encoded, { abortSignal: signal }), signal);
      return batch.events.map(() => ({ partition: batch.lane, position: undefined }));
    } catch (thrown) {
      const error = signal.aborted
        ? abortedBy(signal).withOutcome('unknown')
        : toStreamError(thrown, `topic "${this.#hub}", partition ${batch.lane}`);
      if (error.outcome !== 'not-written') this.#doubtful.add(batch);
      return error.withOutcome(this.#doubtful.has(batch) ? 'unknown' : 'not-written');
    }
  }

  async #encode(batch: LaneBatch, signal: AbortSignal): Promise<EventDataBatch> {
    const encoded = await this.#createBatch(batch.lane, signal);
    for (const event of batch.events) {
      if (encoded.tryAdd(toMessage(event))) continue;
      const message = `${batch.events.length} events with what surrounds them are over the ${encoded.maxSizeInBytes} bytes of a batch`;
      throw new StreamError('event-too-large', message, { where: 'event-hubs', outcome: 'not-written' });
    }
    this.#encoded.set(batch, encoded);
    return encoded;
  }

  /** Opens the link if it is not open: from there the client knows what the service takes. */
  async #createBatch(partitionId: string, signal: AbortSignal): Promise<EventDataBatch> {
    try {
      return await untilAborted(this.#hubs.client(this.#hub).createBatch({ partitionId, abortSignal: signal }), signal);
    } catch (thrown) {
      if (signal.aborted) throw abortedBy(signal);
      throw toStreamError(thrown, `topic "${this.#hub}"`).withOutcome('not-written');
    }
  }
}
