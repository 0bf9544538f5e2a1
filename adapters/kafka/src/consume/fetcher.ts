import { pause, StreamError, Warnings } from '@isostream/core/adapter';
import { type Cluster, createdAgain, isAnother, type SeenTopic } from '../client/cluster.ts';
import { toStreamError } from '../errors.ts';
import type { KafkaSettings } from '../options.ts';
import { Unpacker } from '../client/unpacker.ts';
import type { NodeId } from '../client/wire.ts';
import { WireError } from '../client/wire-error.ts';
import type { StoredBatch } from '../client/fetched-records.ts';
import type { FetchLine, LineReader } from './fetch-line.ts';
import type { PartitionCursor, Unreadable } from './partition-cursor.ts';
import { earliest } from './positions.ts';

/** Leaders moved, or are about to: asked again after a look at the metadata. */
const leaderErrors = new Set([3, 5, 6, 8, 9, 72, 74, 75, 78]);
const outOfRange = 1;
/** The partitions of one topic that one consumer or replay reads, on a line that it has with others: what comes of their fetches. */
export class Fetcher implements LineReader {
  readonly topic: string;
  readonly #cluster: Cluster;
  /** As it was at the start: positions are of this one. */
  readonly #first: SeenTopic | undefined;
  readonly #line: FetchLine;
  readonly #cursors = new Set<PartitionCursor>();
  /** What came of their last fetch is looked into. */
  readonly #held = new Set<PartitionCursor>();
  readonly #stop = new AbortController();
  readonly #warnings = new Warnings('kafka');
  readonly unpacker: Unpacker;
  /** The topic was deleted and created again. */
  onAnother: (reason: StreamError) => void = (reason) => {
    for (const cursor of this.#cursors) cursor.fail(reason);
  };
  #refreshing: Promise<void> | undefined;

  constructor(cluster: Cluster, topic: string, settings: KafkaSettings, line: FetchLine) {
    this.#cluster = cluster;
    this.topic = topic;
    this.#first = cluster.known(topic);
    this.#line = line;
    this.unpacker = new Unpacker(settings.maxUnpackedBytes);
  }

  leader(partition: number): NodeId {
    return this.#cluster.leader(this.topic, partition);
  }

  isHeld(cursor: PartitionCursor): boolean {
    return this.#held.has(cursor);
  }

  leaderless(): void {
    void this.#refresh();
  }

  add(cursor: PartitionCursor): void {
    this.#cursors.add(cursor);
    this.#line.add(cursor, this);
  }

  remove(cursor: PartitionCursor): void {
    this.#cursors.delete(cursor);
    this.#line.remove(cursor);
    cursor.close();
  }

  /**
   * Everything before what cannot be read was handed over: fetches it again, and hands it over as one event that cannot be
   * read if that does not help. Ends the partition where nobody can tell what lies behind it, or this Node lacks a codec.
   */
  async unreadable(cursor: PartitionCursor, unreadable: Unreadable): Promise<void> {
    const { offset, error: thrown, batch } = unreadable;
    const place = `topic "${this.topic}", partition ${cursor.partition}`;
    const where = `${place}, offset ${offset}`;
    if (thrown instanceof WireError && thrown.failure === 'malformed' && cursor.tryAgain()) {
      this.#warnings.tell(`${where}: what was fetched is damaged and is fetched again`, toStreamError(thrown, where));
      await pause(100, this.#stop.signal);
      this.pump();
      return;
    }
    if (!(thrown instanceof WireError) || thrown.failure === 'codec') cursor.fail(toStreamError(thrown, where));
    else if (batch === undefined) cursor.fail(endlessError(thrown, where));
    else cursor.handOver(batch, unreadableError(thrown, place, offset, batch));
  }

  stop(): void {
    this.#stop.abort();
    for (const cursor of this.#cursors) this.#line.remove(cursor);
  }

  /** Something may leave. */
  pump(): void {
    this.#line.pump();
  }

  async refused(cursor: PartitionCursor, code: number): Promise<void> {
    await this.#holding([cursor], async () => {
      const isStale = code === outOfRange ? await this.#outOfRange(cursor) : this.#mayPass(cursor, 'the fetch', code);
      if (isStale) await this.#refresh();
    });
  }

  /** Connection errors are retried until the service recovers; what no repetition cures ends the partitions that it befell. */
  async failed(cursors: readonly PartitionCursor[], thrown: unknown): Promise<void> {
    await this.#holding(cursors, () => Promise.reject(toStreamError(thrown, `topic "${this.topic}"`)));
  }

  /** Nobody asks for them until that work has ended, however it ends. */
  async #holding(cursors: readonly PartitionCursor[], work: () => Promise<void>): Promise<void> {
    for (const cursor of cursors) this.#held.add(cursor);
    try {
      await work();
    } catch (thrown) {
      await this.#recover(cursors, toStreamError(thrown, `topic "${this.topic}"`));
    } finally {
      for (const cursor of cursors) this.#held.delete(cursor);
      this.pump();
    }
  }

  async #recover(cursors: readonly PartitionCursor[], error: StreamError): Promise<void> {
    if (this.#stop.signal.aborted) return;
    if (!error.retryable && error.code !== 'tls') {
      for (const cursor of cursors) cursor.fail(error);
      return;
    }
    this.#warnings.tell(`topic "${this.topic}": a fetch failed and is retried`, error);
    await pause(100, this.#stop.signal);
    await this.#refresh();
  }

  /** Retention was faster, or the log was made anew. True where nobody should ask again before a look at the metadata. */
  async #outOfRange(cursor: PartitionCursor): Promise<boolean> {
    // Another topic of this name has other positions.
    if (await this.#look()) return false;
    const node = this.#cluster.leader(this.topic, cursor.partition);
    const [start] = await this.#cluster.wire.listOffsets(node, this.topic, earliest, [cursor.partition]);
    if (start === undefined) return true;
    if (start.error !== 0) return this.#mayPass(cursor, 'looking for the first offset', start.error);
    cursor.expired(start.offset);
    return false;
  }

  /** True for what may pass, after a look at the metadata; what no repetition cures ends the partition. */
  #mayPass(cursor: PartitionCursor, what: string, code: number): boolean {
    if (leaderErrors.has(code)) return true;
    const failure = new WireError('protocol', `${what} of partition ${cursor.partition} failed`, {
      code,
      sent: 'maybe',
    });
    const error = toStreamError(failure, `topic "${this.topic}"`);
    if (error.retryable) this.#warnings.tell(`topic "${this.topic}": ${what} failed and is retried`, error);
    else cursor.fail(error);
    return error.retryable;
  }

  /** Asks for the leaders anew. True if the topic is another one by now, which whoever reads it was told. */
  async #look(): Promise<boolean> {
    if (!isAnother(this.#first, await this.#cluster.refresh(this.topic))) return false;
    this.onAnother(createdAgain(this.topic));
    return true;
  }

  /** Whoever asks while a look is under way has its result. Never rejects. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#refreshOnce().finally(() => {
      this.#refreshing = undefined;
      this.pump();
    });
    return this.#refreshing;
  }

  async #refreshOnce(): Promise<void> {
    try {
      await this.#look();
    } catch (thrown) {
      const error = toStreamError(thrown, `topic "${this.topic}"`);
      if (!error.retryable && error.code !== 'tls') for (const cursor of this.#cursors) cursor.fail(error);
    }
    // Elections take a while: not more than ten looks a second.
    await pause(100, this.#stop.signal);
  }
}

/** Of a batch whose end is known: it takes the way of an event that nobody can read. */
function unreadableError(
  thrown: WireError,
  place: string,
  from: bigint,
  { lastOffset, count }: StoredBatch,
): StreamError {
  const where = `${place}, offsets ${from} to ${lastOffset} (a batch of ${count} by its header)`;
  const cure =
    'Once it can be read, replay or reset the group to the first of these offsets; else its producer has to send its events again';
  return new StreamError('undecodable', `${where}: ${whatOf(thrown)}: ${thrown.message}. ${cure}`, {
    where: 'kafka',
    cause: thrown,
  });
}

/** Nobody can tell where it ends: going on anywhere might leave out what can be read. */
function endlessError(thrown: WireError, where: string): StreamError {
  const cure =
    'Nobody can tell which events are in it, so none are passed over: to give them up, stop the group and reset it to a later position';
  return new StreamError('undecodable', `${where}: ${whatOf(thrown)}: ${thrown.message}. ${cure}`, {
    where: 'kafka',
    cause: thrown,
  });
}

function whatOf({ failure }: WireError): string {
  return failure === 'malformed' ? 'what is stored there is damaged' : 'what is stored there cannot be read';
}
