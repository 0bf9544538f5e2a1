import { type KinesisClient, PutRecordsCommand, type PutRecordsResultEntry } from '@aws-sdk/client-kinesis';
import {
  abortedBy,
  type BatchResult,
  type EncodedEvent,
  type InFlightLimits,
  keyId,
  type LaneBatch,
  type Sink,
  StreamError,
  untilAborted,
} from '@isostream/core/adapter';
import { kinesisCapabilities } from '../capabilities.ts';
import { nameOf, recordError, toStreamError } from '../errors.ts';
import type { KinesisSettings } from '../options.ts';
import { eventPosition } from '../position.ts';
import { describeStream } from '../stream-facts.ts';
import { type PreparedRecord, prepareRecord } from './record.ts';

const maxRecords = 500;
const theRoute = 'stream';
/** Packs of events without a key that fill at the same time. */
const keylessLanes = 64;

/** One record of a request, and whose it is. */
interface Sending {
  readonly record: PreparedRecord;
  readonly batch: LaneBatch;
  /** Where its result stands. */
  readonly index: number;
}

type Results = (BatchResult | undefined)[];

/**
 * Writes requests of many keys, one record a key. Kinesis stores the records of a request one by one: some can fail while
 * later ones are stored, so a key with two records under way would lose its order. With one it never does, whatever fails
 * and however often it is tried again.
 */
export class KinesisSink implements Sink {
  readonly limits: InFlightLimits;
  readonly #client: KinesisClient;
  readonly #topic: string;
  readonly #settings: KinesisSettings;
  /** Records that are not made again alike, or not as cheaply. */
  readonly #prepared = new WeakMap<LaneBatch, PreparedRecord>();
  #maxEventBytes: number = kinesisCapabilities.maxEventBytes;
  #keyless = 0;

  constructor(client: KinesisClient, topic: string, settings: KinesisSettings) {
    this.#client = client;
    this.#topic = topic;
    this.#settings = settings;
    const bytesPerLane = (): number => Math.min(this.#maxEventBytes, settings.requestBytes);
    this.limits = {
      requestsPerRoute: settings.requestsInFlight,
      lanesPerRequest: maxRecords,
      eventsPerLane: settings.aggregation ? maxRecords : 1,
      /** What waits of one key shares a record, which has the stream's limit. */
      get bytesPerLane() {
        return bytesPerLane();
      },
      eventsPerRequest: settings.aggregation ? 10_000 : maxRecords,
      bytesPerRequest: settings.requestBytes,
    };
  }

  get maxEventBytes(): number {
    return this.#maxEventBytes;
  }

  async open(signal: AbortSignal): Promise<void> {
    const facts = await untilAborted(describeStream(this.#client, this.#topic, signal), signal);
    if (facts === undefined)
      throw new StreamError(
        'unknown-topic',
        `${this.#what}: it does not exist. Create it, or connect with topology: 'ensure'`,
        { where: 'kinesis', outcome: 'not-written' },
      );
    this.#maxEventBytes = facts.maxEventBytes;
  }

  lane({ key }: EncodedEvent): string {
    const id = keyId(key);
    if (id !== undefined) return `key ${id}`;
    // No order to keep: without packs each has a record, and a lane, of its own.
    const number = this.#keyless++;
    return `no key ${this.#settings.aggregation ? number % keylessLanes : number}`;
  }

  route(): string {
    return theRoute;
  }

  async write(_route: string, batches: readonly LaneBatch[], signal: AbortSignal): Promise<readonly BatchResult[]> {
    const results: Results = [];
    const sendings: Sending[] = [];
    for (const [index, batch] of batches.entries()) {
      try {
        sendings.push({ record: this.#prepare(batch), batch, index });
      } catch (thrown) {
        results[index] = StreamError.from(thrown, 'kinesis').withOutcome('not-written');
      }
    }
    if (sendings.length > 0) await this.#put(sendings, results, signal);
    return batches.map((_, index) => results[index] ?? unknown(`${this.#what}: Kinesis gave no result for a record`));
  }

  abandon(batch: LaneBatch): void {
    this.#prepared.delete(batch);
  }

  async close(): Promise<void> {}

  /** Once: a second attempt is the same record to the byte, also where its partition key is random. */
  #prepare(batch: LaneBatch): PreparedRecord {
    const known = this.#prepared.get(batch);
    if (known !== undefined) return known;
    const prepared = prepareRecord(batch, this.#what);
    if (prepared.isAggregated || batch.events[0]?.key === null) this.#prepared.set(batch, prepared);
    return prepared;
  }

  async #put(sendings: readonly Sending[], results: Results, signal: AbortSignal): Promise<void> {
    const command = new PutRecordsCommand({
      StreamName: this.#topic,
      Records: sendings.map(({ record }) => ({ PartitionKey: record.partitionKey, Data: record.data })),
    });
    try {
      const answer = await untilAborted(this.#client.send(command, { abortSignal: signal }), signal);
      const entries = answer.Records ?? [];
      for (const [at, sending] of sendings.entries()) {
        const entry = entries[at];
        if (entry !== undefined) results[sending.index] = this.#judge(sending, entry);
      }
    } catch (thrown) {
      // One record that it refuses makes Kinesis refuse the whole request, and store nothing of it: the others are asked for
      // without it.
      if (isRefusal(thrown) && sendings.length > 1) {
        const half = Math.ceil(sendings.length / 2);
        await this.#put(sendings.slice(0, half), results, signal);
        await this.#put(sendings.slice(half), results, signal);
        return;
      }
      const error = signal.aborted ? abortedBy(signal).withOutcome('unknown') : this.#refused(thrown);
      for (const { index } of sendings) results[index] = error;
    }
  }

  #judge({ batch, record: { isAggregated } }: Sending, entry: PutRecordsResultEntry): BatchResult {
    const { SequenceNumber: sequence, ShardId: shard, ErrorCode: code } = entry;
    if (code !== undefined || sequence === undefined || shard === undefined) {
      const name = code ?? 'InternalFailure';
      return isTooLarge(name, entry.ErrorMessage ?? '')
        ? this.#tooLarge(entry.ErrorMessage ?? '')
        : recordError(name, entry.ErrorMessage ?? '', this.#what);
    }
    this.#prepared.delete(batch);
    return batch.events.map((_, index) => ({
      partition: shard,
      position: eventPosition({ sequence, index: isAggregated ? index : undefined }),
    }));
  }

  #refused(thrown: unknown): StreamError {
    const text = thrown instanceof Error ? thrown.message : '';
    if (!isRefusal(thrown)) return toStreamError(thrown, this.#what);
    if (isTooLarge(nameOf(thrown), text)) return this.#tooLarge(text, thrown);
    return new StreamError('invalid-event', `${this.#what}: Kinesis refuses a record: ${text}`, {
      where: 'kinesis',
      cause: thrown,
      outcome: 'not-written',
    });
  }

  #tooLarge(text: string, cause?: unknown): StreamError {
    return new StreamError(
      'event-too-large',
      `${this.#what}: Kinesis refuses a record by its size: ${text}. Split the event, or raise maxEventBytes of the topic`,
      { where: 'kinesis', cause, outcome: 'not-written' },
    );
  }

  get #what(): string {
    return `stream "${this.#topic}"`;
  }
}

const refusals = new Set(['ValidationException', 'InvalidArgumentException', 'SerializationException']);

function isRefusal(thrown: unknown): boolean {
  return refusals.has(nameOf(thrown));
}

function isTooLarge(name: string, message: string): boolean {
  return refusals.has(name) && /size|length|bytes|large|exceed/i.test(message);
}

function unknown(message: string): StreamError {
  return new StreamError('internal', message, { where: 'kinesis', outcome: 'unknown' });
}
