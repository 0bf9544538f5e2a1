import {
  abortedBy,
  type BatchResult,
  type EncodedEvent,
  type InFlightLimits,
  type LaneBatch,
  type Sink,
  StreamError,
} from '@isostream/core/adapter';
import { declaredLimit, eventLimit } from '../event-limit.ts';
import type { Hubs } from '../hubs.ts';
import { toBatch, wireBytesOf } from '../message.ts';
import type { Wire } from '../client/wire.ts';
import type { Writer } from '../client/writer.ts';
import { partitionOf } from './key-hash.ts';

/** What surrounds the events of a batch, and whatever the service adds to it before it measures. */
const batchBytes = 1_024;

/** Of the basic tier, until the service has told its own. */
const smallestLimit = 256 * 1_024;

/**
 * Writes batches to partitions, which is where the service keeps order: one batch in flight for each. Keys are hashed here
 * as the service does it, since a batch that names a partition may hold any number of keys.
 */
export class EventHubsSink implements Sink {
  readonly limits: InFlightLimits;
  readonly #hubs: Hubs;
  readonly #wire: Wire;
  readonly #hub: string;
  readonly #writers = new Map<string, Writer>();
  #partitions: readonly string[] = [];
  #createdOn = 0;
  #maxBatchBytes = smallestLimit;
  #declaredLimit: number | undefined;
  #next = 0;
  /** As they were sent at first: a batch is written again byte for byte. */
  readonly #encoded = new WeakMap<LaneBatch, Buffer>();

  constructor(hubs: Hubs, wire: Wire, hub: string) {
    this.#hubs = hubs;
    this.#wire = wire;
    this.#hub = hub;
    const bytesPerLane = (): number => this.#maxBatchBytes - batchBytes;
    this.limits = {
      requestsPerRoute: 1,
      lanesPerRequest: 1,
      eventsPerLane: 1_000,
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

  wireBytes(event: EncodedEvent): number {
    return wireBytesOf(event);
  }

  async open(signal: AbortSignal): Promise<void> {
    const { partitionIds: partitions, createdOn } = await this.#hubs.hub(this.#hub, signal);
    // Opened again: the links are those of a hub that is gone.
    for (const writer of this.#writers.values()) writer.close();
    this.#writers.clear();
    this.#createdOn = createdOn.getTime();
    this.#declaredLimit = declaredLimit(await this.#hubs.userMetadata(this.#hub, signal));
    this.#maxBatchBytes = (await this.#writer(partitions[0] ?? '0', signal)).maxBytes || smallestLimit;
    // Last: a changed number of partitions would move keys, so it is fixed until the sink is opened again.
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

  async close(): Promise<void> {
    for (const writer of this.#writers.values()) writer.close();
  }

  async #write(batch: LaneBatch, signal: AbortSignal): Promise<BatchResult> {
    try {
      const bytes = this.#encode(batch);
      const writer = await this.#writer(batch.lane, signal);
      await writer.send(bytes, signal);
      return batch.events.map(() => ({ partition: batch.lane, position: undefined }));
    } catch (thrown) {
      const error = StreamError.from(thrown, 'event-hubs');
      return error.withOutcome(error.outcome ?? 'unknown');
    }
  }

  #encode(batch: LaneBatch): Buffer {
    const bytes = this.#encoded.get(batch) ?? toBatch(batch.events);
    this.#encoded.set(batch, bytes);
    if (bytes.byteLength <= this.#maxBatchBytes) return bytes;
    const message = `topic "${this.#hub}": ${batch.events.length} events make a batch of ${bytes.byteLength} bytes, and the namespace takes ${this.#maxBatchBytes}`;
    throw new StreamError('event-too-large', message, { where: 'event-hubs', outcome: 'not-written' });
  }

  async #writer(partition: string, signal: AbortSignal): Promise<Writer> {
    const open = this.#writers.get(partition);
    if (open !== undefined && !open.isOver) return open;
    try {
      if (open !== undefined) await this.#checkHub(partition, signal);
      const writer = await this.#wire.write(this.#hub, partition, signal).catch(async (thrown: unknown) => {
        // The hub is gone, or this partition of it is.
        if (StreamError.is(thrown) && thrown.code === 'unknown-topic') await this.#checkHub(partition, signal);
        throw thrown;
      });
      this.#writers.set(partition, writer);
      return writer;
    } catch (thrown) {
      // Nothing is sent before a link stands.
      throw (signal.aborted ? abortedBy(signal) : StreamError.from(thrown, 'event-hubs')).withOutcome('not-written');
    }
  }

  /** A link that ended may have ended with its hub: another one of this name has other partitions for the keys. */
  async #checkHub(partition: string, signal: AbortSignal): Promise<void> {
    const { createdOn, partitionIds } = await this.#hubs.hub(this.#hub, signal);
    if (createdOn.getTime() === this.#createdOn && partitionIds.includes(partition)) return;
    throw new StreamError(
      'topic-mismatch',
      `topic "${this.#hub}", partition ${partition}: the hub was deleted and created again while this producer was open, which had seen ${this.#partitions.length} partitions. Send the event again: the producer opens the hub as it is now`,
      { where: 'event-hubs' },
    );
  }
}
