import type { ChildShard, Shard } from '@aws-sdk/client-kinesis';
import {
  type Beginning,
  type CoordinatedPartition,
  type HeldLease,
  LeaseCoordinator,
  type LeaseStore,
  type Origin,
  type PartitionSource,
  type Successor,
} from '@isostream/coordination';
import {
  type WatermarkAssignment,
  retrying,
  type Source,
  type SourceListener,
  type Subscription,
  Warnings,
} from '@isostream/core/adapter';
import { randomUUID } from 'node:crypto';
import { ShardAssignment } from './assignment.ts';
import { endless } from './patience.ts';
import type { ConsumeParts } from './parts.ts';
import { ShardCursor } from './shard-cursor.ts';
import { RegisteredConsumer } from './registered-consumer.ts';
import { ShardPush } from './shard-push.ts';
import { nameOf, successorsOf, toPartition } from './shards.ts';
import { beginningOf } from './starts.ts';
import { KinesisStream } from './stream.ts';
import { DynamoLeaseStore } from '../leases/dynamo-lease-store.ts';
import { LeaseTables } from '../leases/lease-tables.ts';
import { formatPlace, oldest, placeOfLease } from '../position.ts';

/** One member of a group: shards are shared by leases in the group's table. */
export class KinesisSource implements Source {
  readonly #parts: ConsumeParts;
  readonly #subscription: Subscription;

  constructor(parts: ConsumeParts, subscription: Subscription) {
    this.#parts = parts;
    this.#subscription = subscription;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const { topic, group, clientId } = this.#subscription;
    const { sessionTimeoutMs, discoveryMs } = this.#parts.settings;
    const stream = new KinesisStream(topic, this.#parts);
    const what = `topic "${topic}", group "${group}"`;
    const warnings = new Warnings('kinesis');
    const open = (): Promise<LeaseStore> => openLeases(this.#parts, stream, group, signal);
    const store = await retrying(open, { what, where: 'kinesis', warnings, signal });
    if (store === undefined) return;
    const coordinator = new LeaseCoordinator(
      {
        store,
        partitions: new ShardSource(this.#parts, stream, this.#subscription, signal),
        member: `${clientId}/${randomUUID()}`,
        where: 'kinesis',
        what,
        sessionTimeout: sessionTimeoutMs,
        discovery: discoveryMs,
      },
      listener,
    );
    await coordinator.run(signal);
  }
}

/** The leases of a group, in a table that is created where there is none. */
async function openLeases(
  { dynamo, settings }: ConsumeParts,
  stream: KinesisStream,
  group: string,
  signal?: AbortSignal,
): Promise<LeaseStore> {
  const { generation } = await stream.describe(signal);
  const table = await new LeaseTables(dynamo, settings.leaseTable).open({ topic: stream.name, group }, signal);
  return new DynamoLeaseStore(dynamo, table, generation);
}

class ShardSource implements PartitionSource {
  readonly #parts: ConsumeParts;
  readonly #stream: KinesisStream;
  readonly #subscription: Subscription;
  readonly #consumer: RegisteredConsumer;
  /** Of the member. */
  readonly #signal: AbortSignal;
  readonly #warnings = new Warnings('kinesis');
  #shards: ReadonlyMap<string, Shard> = new Map();

  constructor(parts: ConsumeParts, stream: KinesisStream, subscription: Subscription, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
    this.#stream = stream;
    this.#subscription = subscription;
    this.#consumer = new RegisteredConsumer(parts.kinesis, subscription.topic, subscription.group);
  }

  async list(signal: AbortSignal): Promise<readonly CoordinatedPartition[]> {
    // Its shards have the same names if it was deleted and created again.
    await this.#stream.describe(signal);
    const shards = await this.#stream.shards(signal);
    this.#shards = new Map(shards.map((shard) => [nameOf(shard), shard]));
    return shards.map(toPartition);
  }

  async start({ partition }: CoordinatedPartition, origin: Origin, signal: AbortSignal): Promise<Beginning> {
    const shard = this.#shards.get(partition);
    if (shard === undefined) return { position: formatPlace(oldest) };
    const look = {
      stream: this.#stream,
      shards: [...this.#shards.values()],
      clock: this.#parts.clock,
      patience: endless(signal),
    };
    return beginningOf(look, shard, this.#subscription.from, origin);
  }

  open(held: HeldLease): WatermarkAssignment {
    const { clock, settings } = this.#parts;
    const start = placeOfLease(held);
    const push = this.#push(held.partition);
    const cursor = new ShardCursor({ stream: this.#stream, shard: held.partition, start, push, clock, settings });
    return new ShardAssignment(held, cursor, (signal) => this.#successors(cursor, signal));
  }

  #push(shard: string): ShardPush | undefined {
    const { fanOut } = this.#parts;
    if (fanOut === undefined) return undefined;
    const listed = (): Shard | undefined => this.#shards.get(shard);
    return new ShardPush({
      kinesis: fanOut,
      consumer: {
        arn: () => this.#consumer.arn(async () => (await this.#stream.describe(this.#signal)).arn, this.#signal),
        forget: () => this.#consumer.forget(),
      },
      stream: this.#stream,
      shard,
      isClosed: () => listed()?.SequenceNumberRange?.EndingSequenceNumber !== undefined,
    });
  }

  async #successors(cursor: ShardCursor, signal: AbortSignal): Promise<readonly Successor[]> {
    const options = { what: `stream "${this.#stream.name}"`, where: 'kinesis', warnings: this.#warnings, signal };
    const shards = await retrying(() => this.#stream.shards(signal), options);
    const listed = successorsOf(cursor.partition, shards ?? []);
    return listed.length > 0 ? listed : cursor.children.map(successorOf);
  }
}

/** A child as its parent's last page tells it, where the list is behind. */
function successorOf({ ShardId: partition = '', ParentShards: after = [] }: ChildShard): Successor {
  return { partition, after, position: formatPlace(oldest) };
}
