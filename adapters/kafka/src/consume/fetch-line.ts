import { kafkaCapabilities } from '../capabilities.ts';
import type { FetchedPartition, FetchRequest, FetchResult, NodeId, Wire } from '../client/wire.ts';
import { WireError } from '../client/wire-error.ts';
import { NearestReplicas } from './nearest-replicas.ts';
import type { PartitionCursor } from './partition-cursor.ts';

/** Who reads a topic on a line: one consumer or one replay. */
export interface LineReader {
  readonly topic: string;
  /** -1 where nobody leads it. */
  leader(partition: number): NodeId;
  /** What was refused is looked into: it is not asked for until that has ended. */
  isHeld(cursor: PartitionCursor): boolean;
  /** A partition has no leader. */
  leaderless(): void;
  /** Never rejects. */
  refused(cursor: PartitionCursor, code: number): Promise<void>;
  /** Never rejects. */
  failed(cursors: readonly PartitionCursor[], thrown: unknown): Promise<void>;
}

export interface LineSettings {
  readonly fetchBytes: number;
  readonly fetchWaitMs: number;
  readonly rackId: string;
}

/** A set of connections, and the nodes that owe an answer on it: a broker answers one fetch of a connection after the other. */
interface Channel {
  readonly wire: Wire;
  readonly busy: Set<NodeId>;
}

/** One partition at one offset, for all who want the same. */
interface Ask {
  readonly offset: bigint;
  readonly cursors: PartitionCursor[];
}

/** No batch is larger, so a partition that comes empty at this size is at its end. */
const mostBytes = kafkaCapabilities.maxEventBytes;
/** How long the fetch of partitions waits that came too late for the one that waits long; a backlog may wait as long for it. */
const latecomersWaitMs = 50;

/**
 * Fetches for all consumers and replays of one client. A partition is in a request only while nothing of its last fetch
 * is left, which bounds what is buffered. Two sets of connections: a fetch that waits at the end of one partition must
 * not hold up another that has a backlog.
 */
export class FetchLine {
  readonly #settings: LineSettings;
  /** In the order in which they ask. */
  readonly #readers = new Map<PartitionCursor, LineReader>();
  readonly #inFlight = new Set<PartitionCursor>();
  readonly #backlog: Channel;
  readonly #waiting: Channel;
  readonly #nearest: NearestReplicas;
  /** When somebody with a backlog last asked a node. */
  readonly #busyAt = new Map<NodeId, number>();
  /** Nodes at which latecomers wait on their own for a moment. */
  readonly #late = new Set<NodeId>();
  /** Nodes whose last fetch that waited long brought nothing. */
  readonly #quiet = new Set<NodeId>();
  #timer: NodeJS.Timeout | undefined;
  #pumping = false;
  #isStopped = false;

  constructor(wires: { readonly backlog: Wire; readonly waiting: Wire }, settings: LineSettings) {
    this.#settings = settings;
    this.#nearest = new NearestReplicas(settings.rackId);
    this.#backlog = { wire: wires.backlog, busy: new Set() };
    this.#waiting = { wire: wires.waiting, busy: new Set() };
  }

  add(cursor: PartitionCursor, reader: LineReader): void {
    this.#readers.set(cursor, reader);
    this.pump();
  }

  remove(cursor: PartitionCursor): void {
    this.#readers.delete(cursor);
  }

  /** Its connections are closed by whoever made them. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#readers.clear();
  }

  /** Sends what may leave. A turn later, so that all partitions of one answer travel together again. */
  pump(): void {
    if (this.#pumping || this.#isStopped) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      if (!this.#isStopped) this.#pumpNow();
    });
  }

  #pumpNow(): void {
    for (const [node, cursors] of this.#hungry()) {
      const behind = cursors.filter((cursor) => cursor.isBehind);
      // Latecomers are back in a moment; else they would miss this one as well, and ask on their own for ever.
      if (this.#late.has(node) && this.#quiet.has(node)) continue;
      // A fetch that waits cannot be joined: who comes to its end meanwhile asks beside the backlog until that returns.
      const late = this.#send(
        this.#waiting,
        node,
        cursors.filter((cursor) => !cursor.isBehind),
        this.#settings.fetchWaitMs,
      );
      if (behind.length > 0) {
        this.#busyAt.set(node, performance.now());
        this.#send(this.#backlog, node, [...behind, ...late], 0);
      } else if (late.length > 0) this.#sendLate(node, late);
    }
  }

  /** They would keep the connection from whoever reads a backlog, so they wait a moment for it and travel along. */
  #sendLate(node: NodeId, late: readonly PartitionCursor[]): void {
    const waitMs = Math.min(latecomersWaitMs, this.#settings.fetchWaitMs);
    const leftMs = (this.#busyAt.get(node) ?? -Infinity) + waitMs - performance.now();
    if (leftMs <= 0) this.#send(this.#backlog, node, late, waitMs);
    else
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.pump();
      }, leftMs);
  }

  /** By the node that has to be asked. */
  #hungry(): Map<NodeId, PartitionCursor[]> {
    const byNode = new Map<NodeId, PartitionCursor[]>();
    const leaderless = new Set<LineReader>();
    const now = performance.now();
    for (const [cursor, reader] of this.#readers) {
      if (!cursor.isHungry || this.#inFlight.has(cursor) || reader.isHeld(cursor)) continue;
      const { partition } = cursor;
      const node = this.#nearest.nodeFor(reader.topic, partition, reader.leader(partition), now);
      if (node < 0) leaderless.add(reader);
      else push(byNode, node, cursor);
    }
    for (const reader of leaderless) reader.leaderless();
    return byNode;
  }

  /** Returns those that could not travel: a fetch of this node is under way, or of their partition at another offset. */
  #send(
    channel: Channel,
    node: NodeId,
    cursors: readonly PartitionCursor[],
    maxWaitMs: number,
  ): readonly PartitionCursor[] {
    if (channel.busy.has(node)) return cursors;
    if (cursors.length === 0) return [];
    const { asks, left } = this.#asksOf(cursors);
    channel.busy.add(node);
    const isWaiting = channel === this.#waiting;
    if (isWaiting) this.#quiet.delete(node);
    else if (maxWaitMs > 0) this.#late.add(node);
    void this.#fetch(channel.wire, node, asks, maxWaitMs).finally(() => {
      channel.busy.delete(node);
      if (!isWaiting) this.#late.delete(node);
      else if (cursors.every((cursor) => cursor.isHungry)) this.#quiet.add(node);
      this.pump();
    });
    return left;
  }

  /** A request names a partition once: those who want the same of it share the answer. */
  #asksOf(cursors: readonly PartitionCursor[]): {
    readonly asks: Map<string, Map<number, Ask>>;
    readonly left: readonly PartitionCursor[];
  } {
    const asks = new Map<string, Map<number, Ask>>();
    const left: PartitionCursor[] = [];
    for (const cursor of cursors) {
      const topic = this.#readers.get(cursor)?.topic ?? '';
      let ofTopic = asks.get(topic);
      if (ofTopic === undefined) asks.set(topic, (ofTopic = new Map<number, Ask>()));
      const ask = ofTopic.get(cursor.partition);
      if (ask === undefined)
        ofTopic.set(cursor.partition, {
          offset: cursor.next,
          cursors: [cursor],
        });
      else if (ask.offset === cursor.next) ask.cursors.push(cursor);
      else left.push(cursor);
    }
    return { asks, left };
  }

  async #fetch(
    wire: Wire,
    node: NodeId,
    asks: ReadonlyMap<string, ReadonlyMap<number, Ask>>,
    maxWaitMs: number,
  ): Promise<void> {
    const all = [...asks.values()].flatMap((ofTopic) => [...ofTopic.values()]);
    const cursors = all.flatMap((ask) => ask.cursors);
    for (const cursor of cursors) this.#inFlight.add(cursor);
    try {
      const results = await wire.fetch(node, this.#request(asks, maxWaitMs));
      for (const result of results) {
        const ask = asks.get(result.topic)?.get(result.partition);
        if (this.#isElsewhere(result, node)) continue;
        for (const [index, cursor] of (ask?.cursors ?? []).entries()) {
          const reader = this.#readers.get(cursor);
          if (ask === undefined || reader === undefined || ask.offset !== cursor.next) continue;
          if (result.error !== 0) {
            // What a replica refuses, its leader may have.
            if (reader.leader(result.partition) === node) void reader.refused(cursor, result.error);
          } else cursor.received(index === 0 ? result : { ...result, records: result.records.again() });
          // One answer holds what fits, in the order asked: who got something asks behind the others next time.
          if (ask.offset !== cursor.next && this.#readers.delete(cursor)) this.#readers.set(cursor, reader);
          else if (cursor === cursors[0] && cursor.isHungry && cursor.isBehind) cursor.cameEmpty();
        }
      }
    } catch (thrown) {
      this.#nearest.failed(node, performance.now());
      const byReader = new Map<LineReader, PartitionCursor[]>();
      for (const cursor of cursors) {
        const reader = this.#readers.get(cursor);
        if (reader !== undefined) push(byReader, reader, cursor);
      }
      for (const [reader, own] of byReader) {
        const led = own.filter(({ partition }) => reader.leader(partition) === node);
        const near = own.filter((cursor) => !led.includes(cursor));
        if (led.length > 0) void reader.failed(led, thrown);
        // Whatever a replica has against us, its leader is asked next.
        const passing = new WireError('connect', `replica ${node} cannot be read from`, { sent: 'no', cause: thrown });
        if (near.length > 0) void reader.failed(near, passing);
      }
    } finally {
      for (const cursor of cursors) this.#inFlight.delete(cursor);
    }
  }

  /** Another node is to be asked next, and this answer says nothing of the partition. */
  #isElsewhere({ topic, partition, nearest, error }: FetchResult, node: NodeId): boolean {
    const now = performance.now();
    if (error !== 0) this.#nearest.refused(topic, partition, node, now);
    if (nearest < 0 || nearest === node) return false;
    this.#nearest.learned(topic, partition, nearest, now);
    return true;
  }

  #request(asks: ReadonlyMap<string, ReadonlyMap<number, Ask>>, maxWaitMs: number): FetchRequest {
    const { fetchBytes } = this.#settings;
    let wanted = fetchBytes * 8;
    const topics = [...asks].map(([topic, ofTopic]) => ({
      topic,
      partitions: [...ofTopic].map(([partition, { offset, cursors }]): FetchedPartition => {
        const appetite = Math.max(...cursors.map((cursor) => cursor.appetite));
        const maxBytes = Math.max(fetchBytes, Math.min(fetchBytes * appetite, mostBytes));
        wanted = Math.max(wanted, maxBytes);
        return { partition, offset, maxBytes };
      }),
    }));
    const rack = this.#nearest.rack(performance.now());
    return { maxWaitMs, maxBytes: Math.min(wanted, mostBytes * 2), rack, topics };
  }
}

function push<Key, Value>(groups: Map<Key, Value[]>, key: Key, value: Value): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}
