import { pause, StreamError, Warnings } from '@isostream/core/adapter';
import { kafkaCapabilities } from '../capabilities.ts';
import { byLeader, type Cluster, createdAgain, isAnother, type SeenTopic } from '../client/cluster.ts';
import { toStreamError } from '../errors.ts';
import type { KafkaSettings } from '../options.ts';
import { Unpacker } from '../client/unpacker.ts';
import type { FetchResult, NodeId, Wire } from '../client/wire.ts';
import { WireError } from '../client/wire-error.ts';
import type { StoredBatch } from '../client/fetched-records.ts';
import type { PartitionCursor, Unreadable } from './partition-cursor.ts';
import { earliest } from './positions.ts';

/** Leaders moved, or are about to: asked again after a look at the metadata. */
const leaderErrors = new Set([3, 5, 6, 8, 9, 72, 74, 75, 78]);
const outOfRange = 1;
/** No batch is larger, so a partition that comes empty at this size is at its end. */
const mostBytes = kafkaCapabilities.maxEventBytes;

/** How long the fetch of partitions waits that came too late for the one that waits long; a backlog may wait as long for it. */
const latecomersWaitMs = 50;

/** A set of connections, and the nodes that owe an answer on it: a broker answers one fetch of a connection after the other. */
interface Channel {
  readonly wire: Wire;
  readonly busy: Set<NodeId>;
}

/**
 * Fetches for any number of partitions of one topic. A partition is in a request only while nothing of its last fetch
 * is left, which bounds what is buffered. Two sets of connections: a fetch that waits at the end of one partition must
 * not hold up another that has a backlog.
 */
export class Fetcher {
  readonly #cluster: Cluster;
  readonly #topic: string;
  /** As it was at the start: positions are of this one. */
  readonly #first: SeenTopic | undefined;
  readonly #settings: KafkaSettings;
  readonly #cursors = new Set<PartitionCursor>();
  readonly #backlog: Channel;
  readonly #waiting: Channel;
  readonly #stop = new AbortController();
  readonly #warnings = new Warnings('kafka');
  readonly unpacker: Unpacker;
  /** The topic was deleted and created again. */
  onAnother: (reason: StreamError) => void = (reason) => {
    for (const cursor of this.#cursors) cursor.fail(reason);
  };
  #pumping = false;
  #isRefreshing = false;
  #isLearning = false;

  constructor(
    cluster: Cluster,
    topic: string,
    settings: KafkaSettings,
    wires: { readonly backlog: Wire; readonly waiting: Wire },
  ) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#first = cluster.known(topic);
    this.#settings = settings;
    this.unpacker = new Unpacker(settings.maxUnpackedBytes);
    this.#backlog = { wire: wires.backlog, busy: new Set() };
    this.#waiting = { wire: wires.waiting, busy: new Set() };
  }

  add(cursor: PartitionCursor): void {
    this.#cursors.add(cursor);
    this.pump();
  }

  remove(cursor: PartitionCursor): void {
    this.#cursors.delete(cursor);
    cursor.close();
  }

  /**
   * Everything before what cannot be read was handed over: fetches it again, and hands it over as one event that cannot be
   * read if that does not help. Ends the partition where nobody can tell what lies behind it, or this Node lacks a codec.
   */
  async unreadable(cursor: PartitionCursor, unreadable: Unreadable): Promise<void> {
    const { offset, error: thrown, batch } = unreadable;
    const place = `topic "${this.#topic}", partition ${cursor.partition}`;
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
  }

  /** Sends what may leave. A turn later, so that all partitions of one answer travel together again. */
  pump(): void {
    if (this.#pumping || this.#stop.signal.aborted) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#pumpNow();
    });
  }

  #pumpNow(): void {
    const topic = this.#cluster.known(this.#topic);
    if (topic === undefined || this.#stop.signal.aborted) return;
    const hungry = [...this.#cursors].filter((cursor) => cursor.isHungry && !this.#inFlight.has(cursor));
    const wanted = new Map(hungry.map((cursor) => [cursor.partition, cursor]));
    const led = [...wanted.keys()].filter((partition) => (topic.partitions[partition]?.leader ?? -1) >= 0);
    if (led.length < wanted.size) void this.#refresh();
    for (const [node, partitions] of byLeader(topic, led)) {
      const cursors = partitions.flatMap((partition) => wanted.get(partition) ?? []);
      const behind = cursors.filter((cursor) => cursor.isBehind);
      const atEnd = cursors.filter((cursor) => !cursor.isBehind);
      // A fetch that waits cannot be joined: who comes to its end meanwhile asks beside the backlog until that returns.
      const isWaiting = !this.#send(this.#waiting, node, atEnd, this.#settings.fetchWaitMs);
      const waitMs = behind.length > 0 ? 0 : Math.min(latecomersWaitMs, this.#settings.fetchWaitMs);
      this.#send(this.#backlog, node, isWaiting ? [...behind, ...atEnd] : behind, waitMs);
    }
  }

  /** False if a fetch of this node is under way on it. */
  #send(channel: Channel, node: NodeId, cursors: readonly PartitionCursor[], waitMs: number): boolean {
    if (channel.busy.has(node)) return false;
    if (cursors.length === 0) return true;
    channel.busy.add(node);
    void this.#fetch(channel.wire, node, cursors, waitMs).finally(() => {
      channel.busy.delete(node);
      this.pump();
    });
    return true;
  }

  readonly #inFlight = new Set<PartitionCursor>();

  async #fetch(wire: Wire, node: NodeId, cursors: readonly PartitionCursor[], waitMs: number): Promise<void> {
    const asked = new Map(cursors.map((cursor) => [cursor.partition, { cursor, offset: cursor.next }]));
    for (const cursor of cursors) this.#inFlight.add(cursor);
    try {
      const { fetchBytes } = this.#settings;
      const partitions = cursors.map(({ partition, next, appetite }) => ({
        partition,
        offset: next,
        maxBytes: Math.max(fetchBytes, Math.min(fetchBytes * appetite, mostBytes)),
      }));
      const wanted = Math.max(fetchBytes * 8, ...partitions.map((each) => each.maxBytes));
      const maxBytes = Math.min(wanted, mostBytes * 2);
      const results = await wire.fetch(node, { topic: this.#topic, maxWaitMs: waitMs, maxBytes, partitions });
      let isStale = false;
      for (const result of results) {
        const { cursor, offset } = asked.get(result.partition) ?? {};
        if (cursor === undefined || offset !== cursor.next || !this.#cursors.has(cursor)) continue;
        if (await this.#received(cursor, result)) isStale = true;
        // One answer holds what fits, in the order asked: who got something asks behind the others next time.
        if (offset !== cursor.next && this.#cursors.delete(cursor)) this.#cursors.add(cursor);
        else if (cursor === cursors[0] && cursor.isHungry && cursor.isBehind) cursor.cameEmpty();
      }
      // Until a look that is under way has ended the answer would be the same.
      if (isStale) await (this.#isRefreshing ? pause(100, this.#stop.signal) : this.#refresh());
    } catch (thrown) {
      await this.#failed(cursors, thrown);
    } finally {
      for (const cursor of cursors) this.#inFlight.delete(cursor);
    }
  }

  /** True where nobody should ask again before a look at the metadata. */
  async #received(cursor: PartitionCursor, result: FetchResult): Promise<boolean> {
    if (result.error === 0) {
      cursor.received(result);
      return false;
    }
    if (result.error !== outOfRange) return this.#refused(cursor, 'the fetch', result.error);
    // Another topic of this name has other positions.
    if (await this.#look()) return false;
    const node = this.#cluster.leader(this.#topic, cursor.partition);
    const [start] = await this.#cluster.wire.listOffsets(node, this.#topic, earliest, [cursor.partition]);
    if (start === undefined) return true;
    if (start.error !== 0) return this.#refused(cursor, 'looking for the first offset', start.error);
    cursor.expired(start.offset);
    return false;
  }

  /** True for what may pass, after a look at the metadata; what no repetition cures ends the partition. */
  #refused(cursor: PartitionCursor, what: string, code: number): boolean {
    if (leaderErrors.has(code)) return true;
    const failure = new WireError('protocol', `${what} of partition ${cursor.partition} failed`, {
      code,
      sent: 'maybe',
    });
    const error = toStreamError(failure, `topic "${this.#topic}"`);
    if (error.retryable) this.#warnings.tell(`topic "${this.#topic}": ${what} failed and is retried`, error);
    else cursor.fail(error);
    return error.retryable;
  }

  /** Connection errors are retried until the service recovers; what no repetition cures ends the partitions that it befell. */
  async #failed(cursors: readonly PartitionCursor[], thrown: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const error = toStreamError(thrown, `topic "${this.#topic}"`);
    if (!error.retryable && error.code !== 'tls') {
      for (const cursor of cursors) cursor.fail(error);
      return;
    }
    this.#warnings.tell(`topic "${this.#topic}": a fetch failed and is retried`, error);
    await pause(100, this.#stop.signal);
    await this.#refresh();
  }

  /** Asks for the leaders anew. True if the topic is another one by now, which whoever reads it was told. */
  async #look(): Promise<boolean> {
    if (!isAnother(this.#first, await this.#cluster.refresh(this.#topic))) return false;
    this.onAnother(createdAgain(this.#topic));
    return true;
  }

  async #refresh(): Promise<void> {
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    try {
      await this.#look();
      await this.#backlog.wire.metadata([this.#topic]);
      this.#learn();
    } catch (thrown) {
      const error = toStreamError(thrown, `topic "${this.#topic}"`);
      if (!error.retryable && error.code !== 'tls') for (const cursor of this.#cursors) cursor.fail(error);
    }
    // Elections take a while: not more than ten looks a second.
    await pause(100, this.#stop.signal);
    this.#isRefreshing = false;
    this.pump();
  }

  /** Not awaited: all of these connections may owe the answer to a fetch that waits, and this one comes behind it. */
  #learn(): void {
    if (this.#isLearning) return;
    this.#isLearning = true;
    void this.#waiting.wire
      .metadata([this.#topic])
      .catch(() => undefined)
      .finally(() => (this.#isLearning = false));
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
