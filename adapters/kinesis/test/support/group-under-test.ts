import {
  DescribeStreamSummaryCommand,
  ListShardsCommand,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import {
  type Consumer,
  type ConsumerOptions,
  createStreams,
  defineTopic,
  type HandlerContext,
  type RawEvent,
  type RawInput,
  type Streams,
  type Topic,
} from '@isostream/core';
import type { KinesisEmulator } from '@isostream/emulators';
import { createKinesis, type KinesisAdapter, type KinesisOptions } from './open.ts';

/** What a handler saw; told when it ends. */
export interface Seen {
  readonly member: string;
  readonly key: string;
  readonly n: number;
  readonly partition: string;
}

export interface Member {
  readonly consumer: Consumer<RawEvent>;
  readonly streams: Streams;
  /** How `run` ended. */
  readonly running: Promise<unknown>;
}

export interface MemberOptions extends Partial<ConsumerOptions> {
  readonly handle?: (context: HandlerContext) => Promise<void>;
}

let names = 0;

export function adapterOf(emulator: KinesisEmulator, options: KinesisOptions = {}): KinesisAdapter {
  const { region, endpoint, dynamoEndpoint, credentials } = emulator;
  return createKinesis({
    region,
    endpoint,
    dynamoEndpoint,
    credentials,
    sessionTimeout: '3s',
    pollInterval: 50,
    discovery: '1s',
    requestTimeout: '5s',
    ...options,
  });
}

/** One topic, and a group whose members come and go. */
export class GroupUnderTest implements AsyncDisposable {
  readonly topic: Topic<RawInput, RawEvent>;
  readonly adapter: KinesisAdapter;
  readonly streams: Streams;
  readonly seen: Seen[] = [];
  readonly #emulator: KinesisEmulator;
  readonly #members: Member[] = [];
  readonly #sent = new Map<string, number>();

  private constructor(
    emulator: KinesisEmulator,
    topic: Topic<RawInput, RawEvent>,
    adapter: KinesisAdapter,
    streams: Streams,
  ) {
    this.#emulator = emulator;
    this.topic = topic;
    this.adapter = adapter;
    this.streams = streams;
  }

  static async create(emulator: KinesisEmulator, partitions: number): Promise<GroupUnderTest> {
    const topic = defineTopic(`t${process.pid}-${++names}`, { raw: true, partitions });
    const adapter = adapterOf(emulator);
    return new GroupUnderTest(emulator, topic, adapter, await createStreams({ adapter, topics: [topic] }));
  }

  get sent(): number {
    return [...this.#sent.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The next event of each of so many keys, several times over, numbered from 1 for each key. */
  async send(keys: number, times: number): Promise<void> {
    const producer = this.streams.producer(this.topic);
    const sends: Promise<unknown>[] = [];
    for (let time = 0; time < times; time++)
      for (let key = 0; key < keys; key++) {
        const name = `k${key}`;
        const n = (this.#sent.get(name) ?? 0) + 1;
        this.#sent.set(name, n);
        sends.push(producer.send({ key: name, value: Buffer.from(String(n)) }));
      }
    await Promise.all(sends);
    await producer.close();
  }

  async join(name: string, { handle = async () => undefined, ...options }: MemberOptions = {}): Promise<Member> {
    const streams = await createStreams({
      adapter: adapterOf(this.#emulator),
      topics: [this.topic],
      topology: 'assume',
    });
    const consumer = streams.consumer(this.topic, {
      group: 'g',
      from: 'earliest',
      commitInterval: 20,
      clientId: name,
      ...options,
    });
    const running = consumer
      .run(async ({ key, value }, context) => {
        await handle(context);
        if (context.signal.aborted) return;
        const n = Number(Buffer.from(value ?? []).toString());
        this.seen.push({ member: name, key: String(key), n, partition: context.partition });
      })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    const member = { consumer, streams, running };
    this.#members.push(member);
    return member;
  }

  async openShards(): Promise<readonly Shard[]> {
    const { Shards: shards = [] } = await this.adapter.native.kinesis.send(
      new ListShardsCommand({ StreamName: this.topic.name }),
    );
    return shards.filter(({ SequenceNumberRange: range }) => range?.EndingSequenceNumber === undefined);
  }

  async split(shard: Shard | undefined): Promise<void> {
    const { StartingHashKey: start = '0', EndingHashKey: end = '0' } = shard?.HashKeyRange ?? {};
    const command = new SplitShardCommand({
      StreamName: this.topic.name,
      ShardToSplit: shard?.ShardId,
      NewStartingHashKey: String((BigInt(start) + BigInt(end)) / 2n),
    });
    await this.adapter.native.kinesis.send(command);
    await this.#untilActive();
  }

  async merge(first: Shard | undefined, second: Shard | undefined): Promise<void> {
    const command = new MergeShardsCommand({
      StreamName: this.topic.name,
      ShardToMerge: first?.ShardId,
      AdjacentShardToMerge: second?.ShardId,
    });
    await this.adapter.native.kinesis.send(command);
    await this.#untilActive();
  }

  /** Waits for something to come true. */
  async until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!(await isSo())) {
      if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Everything was seen, at least once. */
  untilAllSeen(): Promise<void> {
    return this.until('every event is seen', () => this.distinct >= this.sent);
  }

  get distinct(): number {
    return new Set(this.seen.map(({ key, n }) => `${key}/${n}`)).size;
  }

  /** Events that came before an earlier one of their key. */
  get inversions(): readonly string[] {
    const next = new Map<string, number>();
    return this.seen.flatMap(({ key, n, member, partition }) => {
      const expected = next.get(key) ?? 1;
      next.set(key, Math.max(expected, n + 1));
      return n > expected ? [`${key}: ${n} instead of ${expected} at ${member}, ${partition}`] : [];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(({ streams }) => streams.close({ deadline: 2_000 })));
    await this.streams.close();
  }

  #untilActive(): Promise<void> {
    return this.until(
      'the stream is active',
      async () => {
        const description = await this.adapter.native.kinesis.send(
          new DescribeStreamSummaryCommand({ StreamName: this.topic.name }),
        );
        return description.StreamDescriptionSummary?.StreamStatus === 'ACTIVE';
      },
      10_000,
    );
  }
}
