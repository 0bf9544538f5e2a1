import type { Shard } from '@aws-sdk/client-kinesis';
import { type Lease, membersOf, placeGroup, type Placement } from '@isostream/coordination';
import {
  type GroupMember,
  type PartitionLag,
  type Position,
  sleep,
  CollectedPage,
  StreamError,
  systemClock,
  type TopicGroup,
  type WrongPosition,
} from '@isostream/core/adapter';
import { randomUUID } from 'node:crypto';
import type { ConsumeParts } from './consume/parts.ts';
import { readIntervalMs } from './consume/pace.ts';
import { patiently, short } from './consume/patience.ts';
import { RegisteredConsumer } from './consume/registered-consumer.ts';
import { ShardCursor } from './consume/shard-cursor.ts';
import { inOrder, nameOf, parentsOf, toPartition } from './consume/shards.ts';
import { startOf } from './consume/starts.ts';
import { KinesisStream } from './consume/stream.ts';
import { wrongPositions } from './consume/wrong-positions.ts';
import { DynamoLeaseStore } from './leases/dynamo-lease-store.ts';
import { LeaseTables } from './leases/lease-tables.ts';
import { formatPlace, oldest, parsePlace, type Place, placeOfLease } from './position.ts';

type Target = 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>;

/** Groups as their leases show them. Each call is tried once. */
export class GroupAdmin {
  readonly #parts: ConsumeParts;
  readonly #tables: LeaseTables;

  constructor(parts: ConsumeParts) {
    this.#parts = parts;
    this.#tables = new LeaseTables(parts.dynamo, parts.settings.leaseTable);
  }

  async listGroups(topic: string, signal?: AbortSignal): Promise<readonly string[]> {
    await new KinesisStream(topic, this.#parts).describe(signal);
    return (await this.#tables.groupsOf(topic, signal)).toSorted();
  }

  /** Also of streams that are gone. */
  listAllGroups(signal?: AbortSignal): Promise<readonly TopicGroup[]> {
    return this.#tables.groups(signal);
  }

  async listMembers(topic: string, group: string, signal?: AbortSignal): Promise<readonly GroupMember[]> {
    const store = await this.#leases(new KinesisStream(topic, this.#parts), group, 'find', signal);
    return membersOf((await store?.list(never(signal))) ?? []);
  }

  /** Reads one event of each shard that has any, because sequence numbers tell neither number nor age. */
  async lag(topic: string, group: string, signal?: AbortSignal): Promise<readonly PartitionLag[]> {
    const { settings } = this.#parts;
    const stream = new KinesisStream(topic, { ...this.#parts, settings: { ...settings, readEvents: 1 } });
    const [shards, store] = await Promise.all([shardsOf(stream, signal), this.#leases(stream, group, 'find', signal)]);
    const leases = new Map(((await store?.list(never(signal))) ?? []).map((lease) => [lease.partition, lease]));
    return Promise.all(
      shards.map(async (shard) => {
        const partition = nameOf(shard);
        const lease = leases.get(partition);
        const ms = lease?.isFinished === true ? 0 : await this.#ageOf(stream, partition, placeOf(lease), signal);
        return { partition, events: undefined, ms, committed: lease?.position, end: undefined };
      }),
    );
  }

  async wrongPositions(
    topic: string,
    positions: ReadonlyMap<string, Position>,
    signal?: AbortSignal,
  ): Promise<readonly WrongPosition[]> {
    const stream = new KinesisStream(topic, this.#parts);
    return wrongPositions(stream, await stream.shards(signal), positions, signal);
  }

  /** Throws `conflict` while the group has members, `invalid-config` for a position that the stream does not have. */
  async resetGroup(topic: string, group: string, to: Target, signal?: AbortSignal): Promise<void> {
    const stream = new KinesisStream(topic, this.#parts);
    const shards = inOrder(await shardsOf(stream, signal));
    const store = await this.#leases(stream, group, 'open', signal);
    const placements =
      typeof to === 'string' || to instanceof Date
        ? [...(await this.#startingAt(stream, shards, to, signal)), ...gone(shards, await store.list(never(signal)))]
        : placementsAt(stream, shards, to);
    await placeGroup({ store, ...this.#who(topic, group) }, placements, never(signal));
  }

  /** Also of a stream that is gone: its table stays, and nobody would look for it again. */
  async deleteGroup(topic: string, group: string, signal?: AbortSignal): Promise<void> {
    const stream = new KinesisStream(topic, this.#parts);
    let store: DynamoLeaseStore | undefined;
    try {
      store = await this.#leases(stream, group, 'find', signal);
    } catch (error) {
      if (!StreamError.is(error) || error.code !== 'unknown-topic') throw error;
      if ((await this.#tables.find({ topic, group }, signal)) === undefined) throw error;
      return this.#tables.delete({ topic, group }, signal);
    }
    if (store === undefined) return;
    // Nothing moves, but it goes through only without members.
    await placeGroup({ store, ...this.#who(topic, group) }, [], never(signal));
    // Before the table, without which nobody would look for it again.
    if (this.#parts.fanOut !== undefined) {
      const deregister = async (): Promise<void> => {
        const { arn } = await stream.describe(signal);
        await new RegisteredConsumer(this.#parts.kinesis, topic, group).deregister(arn, signal);
      };
      await patiently(`deregistering group "${group}" of stream "${topic}"`, deregister, short(signal));
    }
    await this.#tables.delete({ topic, group }, signal);
  }

  #leases(
    stream: KinesisStream,
    group: string,
    how: 'open',
    signal: AbortSignal | undefined,
  ): Promise<DynamoLeaseStore>;
  #leases(
    stream: KinesisStream,
    group: string,
    how: 'find',
    signal: AbortSignal | undefined,
  ): Promise<DynamoLeaseStore | undefined>;
  async #leases(
    stream: KinesisStream,
    group: string,
    how: 'open' | 'find',
    signal: AbortSignal | undefined,
  ): Promise<DynamoLeaseStore | undefined> {
    const what = `describing stream "${stream.name}"`;
    const { generation } = await patiently(what, () => stream.describe(signal), short(signal));
    const table = await this.#tables[how]({ topic: stream.name, group }, signal);
    return table === undefined ? undefined : new DynamoLeaseStore(this.#parts.dynamo, table, generation);
  }

  #who(topic: string, group: string): { member: string; where: string; what: string; sessionTimeout: number } {
    const what = `topic "${topic}", group "${group}"`;
    return {
      member: `admin/${randomUUID()}`,
      where: 'kinesis',
      what,
      sessionTimeout: this.#parts.settings.sessionTimeoutMs,
    };
  }

  async #startingAt(
    stream: KinesisStream,
    shards: readonly Shard[],
    to: 'earliest' | 'latest' | Date,
    signal: AbortSignal | undefined,
  ): Promise<readonly Placement[]> {
    const look = { stream, shards, clock: this.#parts.clock, patience: short(signal) };
    return Promise.all(
      shards.map(async (shard) => {
        const place = await startOf(look, shard, to);
        return { ...toPartition(shard), position: formatPlace(place), isFinished: place.kind === 'end' };
      }),
    );
  }

  /** How long the next event from a place on has been waiting; 0 if there is none. */
  async #ageOf(
    stream: KinesisStream,
    shard: string,
    start: Place,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    const { clock, settings } = this.#parts;
    const cursor = new ShardCursor({ stream, shard, start, clock, settings });
    const page = new CollectedPage({ events: 1 });
    const patience = short(signal);
    const what = `looking for the next event of ${shard} of stream "${stream.name}"`;
    for (let tries = 0; page.events.length === 0 && !cursor.isOver && cursor.readUntil === undefined; tries++) {
      if (tries > 0) await sleep(systemClock, readIntervalMs, signal);
      await patiently(what, () => cursor.fetch(signal), patience);
      cursor.handTo(page);
    }
    const [first] = page.events;
    return first === undefined ? 0 : Math.max(0, clock.now() - first.timestamp);
  }
}

function shardsOf(stream: KinesisStream, signal: AbortSignal | undefined): Promise<readonly Shard[]> {
  return patiently(`listing the shards of stream "${stream.name}"`, () => stream.shards(signal), short(signal));
}

function placeOf(lease: Lease | undefined): Place {
  return lease === undefined ? oldest : placeOfLease(lease);
}

/** Shards that retention has removed since: they would be reported as lost, but the group was told where to go on. */
function gone(shards: readonly Shard[], leases: readonly Lease[]): readonly Placement[] {
  const listed = new Set(shards.map(nameOf));
  return leases
    .filter(({ partition }) => !listed.has(partition))
    .map(({ partition, after, position }) => ({ partition, after, position, isFinished: true }));
}

/** What follows a shard that is read again is read again as well, from its beginning. */
function placementsAt(
  stream: KinesisStream,
  shards: readonly Shard[],
  positions: ReadonlyMap<string, Position>,
): readonly Placement[] {
  const names = new Set(shards.map(nameOf));
  for (const name of positions.keys())
    if (!names.has(name)) {
      const message = `stream "${stream.name}" has no shard ${JSON.stringify(name)}. It has ${[...names].join(', ')}`;
      throw new StreamError('invalid-config', message, { where: 'kinesis' });
    }
  const placed = new Map<string, Placement>();
  for (const shard of shards) {
    const position = positions.get(nameOf(shard));
    const follows = parentsOf(shard).some((parent) => placed.has(parent));
    if (position === undefined && !follows) continue;
    const place = position === undefined ? oldest : parsePlace(position);
    const partition = toPartition(shard);
    placed.set(nameOf(shard), { ...partition, position: formatPlace(place), isFinished: place.kind === 'end' });
  }
  return [...placed.values()];
}

/** A signal where one has to be given. */
function never(signal: AbortSignal | undefined): AbortSignal {
  return signal ?? new AbortController().signal;
}
