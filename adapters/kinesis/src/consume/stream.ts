import {
  type _Record,
  type ChildShard,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { abortable, StreamError, systemClock } from '@isostream/core/adapter';
import { nameOf, toStreamError } from '../errors.ts';
import { listShards } from '../shard-count.ts';
import { requireKeyOrder } from '../stream-facts.ts';
import type { Place } from '../position.ts';
import type { ConsumeParts } from './parts.ts';

/** What one call brought. */
export interface FetchedPage {
  readonly records: readonly _Record[];
  /** `undefined` at the end of a closed shard, and only there. */
  readonly next: string | undefined;
  /** Nothing more was stored when the call was made. */
  readonly isAtTip: boolean;
  /** How far behind the end of the shard it ends, in milliseconds. */
  readonly behindMs: number;
  /** The service's time just before the call. */
  readonly askedAt: number;
  readonly children: readonly ChildShard[];
}

export interface StreamSummary {
  readonly arn: string;
  /** The name of this very stream: another one may have had its name before. */
  readonly generation: string;
  readonly retentionMs: number;
}

/** Reading calls on one stream, each tried once. They reject with a `StreamError`. */
export class KinesisStream {
  readonly name: string;
  readonly #parts: ConsumeParts;
  /** Of the stream that was first found under this name. */
  #generation: string | undefined;
  #retention: { readonly ms: number; readonly until: number } | undefined;

  constructor(name: string, parts: ConsumeParts) {
    this.name = name;
    this.#parts = parts;
  }

  /**
   * Throws `unknown-topic`, also for another stream than the one that was there at the first call, and `unsupported` for one
   * that keeps no order of keys.
   */
  describe(signal?: AbortSignal): Promise<StreamSummary> {
    return this.#call(async () => {
      const command = new DescribeStreamSummaryCommand({ StreamName: this.name });
      const { StreamDescriptionSummary: summary } = await this.#parts.kinesis.send(command, abortable(signal));
      if (summary === undefined || summary.StreamStatus === 'DELETING') throw this.#unknown();
      requireKeyOrder(summary);
      const createdAt = summary.StreamCreationTimestamp?.getTime();
      // Whole seconds: fractions do not outlive every restart of every emulator.
      const generation = createdAt === undefined ? (this.#generation ?? '0') : String(Math.floor(createdAt / 1_000));
      this.#generation ??= generation;
      if (generation !== this.#generation) throw this.#another();
      const arn = summary.StreamARN ?? '';
      return { arn, generation, retentionMs: (summary.RetentionPeriodHours ?? 24) * 3_600_000 };
    });
  }

  /** The service's time. */
  now(): number {
    return this.#parts.clock.now();
  }

  /** As it was within the last minute: of a whole account AWS answers only some such questions a second. */
  async retentionMs(signal?: AbortSignal): Promise<number> {
    const now = systemClock.monotonic();
    if (this.#retention === undefined || this.#retention.until < now) {
      const { retentionMs } = await this.describe(signal);
      this.#retention = { ms: retentionMs, until: now + 60_000 };
    }
    return this.#retention.ms;
  }

  /** All shards whose events are kept, closed ones as well. */
  shards(signal?: AbortSignal): Promise<readonly Shard[]> {
    return this.#call(() => listShards(this.#parts.kinesis, this.name, signal));
  }

  /**
   * Where to read a shard from a place on; `undefined` if the service knows no such place, or no such shard: it depends on
   * the service whether a position that retention has passed is refused, or stands for the oldest event.
   */
  async iterator(shard: string, place: Place, signal?: AbortSignal): Promise<string | undefined> {
    try {
      const command = new GetShardIteratorCommand({ StreamName: this.name, ShardId: shard, ...iteratorAt(place) });
      const { ShardIterator: iterator } = await this.#parts.kinesis.send(command, abortable(signal));
      return iterator;
    } catch (thrown) {
      if (refusals.has(nameOf(thrown))) return undefined;
      throw this.#error(thrown);
    }
  }

  /** `expired` where the iterator is older than five minutes. */
  async page(iterator: string, signal?: AbortSignal): Promise<FetchedPage | 'expired'> {
    const { kinesis, clock, settings } = this.#parts;
    const askedAt = clock.now();
    try {
      const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: settings.readEvents });
      const answer = await kinesis.send(command, abortable(signal));
      // Without them it looks like the end of the shard.
      const records = wellFormed(answer.Records, this.name);
      const behindMs = answer.MillisBehindLatest ?? 0;
      return {
        behindMs,
        records,
        next: answer.NextShardIterator,
        // A full page says nothing of what is behind it.
        isAtTip: behindMs === 0 && records.length < settings.readEvents,
        askedAt,
        children: answer.ChildShards ?? [],
      };
    } catch (thrown) {
      if (nameOf(thrown) === 'ExpiredIteratorException') return 'expired';
      throw this.#error(thrown);
    }
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw this.#error(thrown);
    }
  }

  #another(): StreamError {
    const message = `stream "${this.name}" was deleted, and another one was created with its name. Start the consumer anew: the group then begins as a new one`;
    return new StreamError('unknown-topic', message, { where: 'kinesis' });
  }

  #unknown(): StreamError {
    const message = `stream "${this.name}" is being deleted. Create it anew once it is gone`;
    return new StreamError('unknown-topic', message, { where: 'kinesis' });
  }

  #error(thrown: unknown): StreamError {
    return toStreamError(thrown, `stream "${this.name}"`);
  }
}

/** Throws for what no service says, of a page that was asked for or pushed: a place that nobody can go on from must not be handed out. */
export function wellFormed(records: readonly _Record[] | undefined, stream: string): readonly _Record[] {
  if (records?.every(isRecord) === true) return records;
  const what =
    records === undefined ? 'no records' : 'a record without a sequence number, or with data or a key of another type';
  const message = `stream "${stream}": a page has ${what}. It is retried`;
  throw new StreamError('unavailable', message, { where: 'kinesis' });
}

function isRecord({
  SequenceNumber: sequence,
  Data: data,
  PartitionKey: key,
}: Readonly<Partial<Record<keyof _Record, unknown>>>): boolean {
  const isPlaced = typeof sequence === 'string' && /^\d{1,128}$/.test(sequence);
  return (
    isPlaced && (data === undefined || data instanceof Uint8Array) && (key === undefined || typeof key === 'string')
  );
}

const refusals: ReadonlySet<string> = new Set(['ResourceNotFoundException', 'InvalidArgumentException']);

export function iteratorAt(place: Place): Pick<GetShardIteratorCommandInput, 'StartingSequenceNumber' | 'Timestamp'> & {
  ShardIteratorType: NonNullable<GetShardIteratorCommandInput['ShardIteratorType']>;
} {
  switch (place.kind) {
    case 'oldest':
      return { ShardIteratorType: 'TRIM_HORIZON' };
    case 'end':
      return { ShardIteratorType: 'LATEST' };
    case 'time':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(place.ms) };
    case 'at':
    case 'after': {
      // Behind an event in the middle of a record the rest of that record comes first.
      const isWhole = place.kind === 'after' && place.index === undefined;
      return {
        ShardIteratorType: isWhole ? 'AFTER_SEQUENCE_NUMBER' : 'AT_SEQUENCE_NUMBER',
        StartingSequenceNumber: place.sequence,
      };
    }
  }
}
