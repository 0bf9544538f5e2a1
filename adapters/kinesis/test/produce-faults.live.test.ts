import { GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-kinesis';
import { createStreams, defineTopic, type RawEvent, type RawInput, type Topic } from '@isostream/core';
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { AwsFaults } from '@isostream/fault-injection/aws';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKinesis, type KinesisAdapter, type KinesisOptions } from './support/open.ts';
import { eventsOf } from '../src/consume/to-events.ts';

let names = 0;
const seed = 7;
let emulator: KinesisEmulator;
let faults: AwsFaults;
let adapters: KinesisAdapter[];

beforeAll(async () => {
  emulator = await startKinesis({ mode: 'native' });
});
afterAll(() => emulator.stop());
beforeEach(() => {
  faults = new AwsFaults(randomFrom(seed));
  adapters = [];
});
afterEach(async () => {
  await Promise.all(adapters.map((adapter) => adapter.close()));
});

describe('events of a key stay in order, and those that were stored are not written again', () => {
  it('when parts of requests fail', async () => {
    const adapter = kinesis();
    const topic = newTopic();
    const stop = faults.add({ operation: 'PutRecords', fault: { kind: 'throttle-records' }, chance: 0.2 });
    await sendAll(adapter, topic, { keys: 40, each: 25 });
    stop();
    const stored = await readAll(adapter, topic.name);
    expect(faults.bites).toBeGreaterThan(100);
    expect(stored.map(({ text }) => text).toSorted()).toEqual(expected(40, 25).toSorted());
    expect(disorder(stored)).toEqual([]);
  });

  it('when several events of a key share a record', async () => {
    const adapter = kinesis({ aggregation: true });
    const topic = newTopic();
    faults.add({ operation: 'PutRecords', fault: { kind: 'throttle-records' }, chance: 0.2 });
    const positions = await sendAll(adapter, topic, { keys: 10, each: 100 });
    faults.clear();
    const stored = await readAll(adapter, topic.name);
    expect(stored.map(({ text }) => text).toSorted()).toEqual(expected(10, 100).toSorted());
    expect(disorder(stored)).toEqual([]);
    expect(stored.map(({ place }) => place).toSorted()).toEqual(positions.toSorted());
    expect(new Set(stored.map(({ place }) => place.split(':')[0])).size).toBeLessThan(500);
  });
});

describe('an answer that is lost', () => {
  it('leaves duplicates, which never stand behind a later event of their key for the first time', async () => {
    const adapter = kinesis();
    const topic = newTopic();
    faults.add({ operation: 'PutRecords', fault: { kind: 'lose-answer' }, chance: 0.15 });
    faults.add({ operation: 'PutRecords', fault: { kind: 'refuse' }, chance: 0.1 });
    faults.add({ operation: 'PutRecords', fault: { kind: 'throttle-records' }, chance: 0.05 });
    await sendAll(adapter, topic, { keys: 40, each: 25 });
    faults.clear();
    const stored = await readAll(adapter, topic.name);
    expect(stored.length).toBeGreaterThan(1_000);
    const firsts = [...new Map(stored.toReversed().map((event) => [event.text, event])).values()].toReversed();
    expect(firsts.map(({ text }) => text).toSorted()).toEqual(expected(40, 25).toSorted());
    expect(disorder(firsts)).toEqual([]);
  });
});

function kinesis(options: KinesisOptions = {}): KinesisAdapter {
  const { region, endpoint, dynamoEndpoint, credentials } = emulator;
  const adapter = createKinesis({
    ...{ region, endpoint, dynamoEndpoint, credentials },
    requestHandler: faults.handler(),
    ...options,
  });
  adapters.push(adapter);
  return adapter;
}

function newTopic(): Topic<RawInput, RawEvent> {
  return defineTopic(`sends-${++names}`, { raw: true, partitions: 4 });
}

async function sendAll(
  adapter: KinesisAdapter,
  topic: ReturnType<typeof newTopic>,
  { keys, each }: { readonly keys: number; readonly each: number },
): Promise<readonly string[]> {
  const streams = await createStreams({ adapter, topics: [topic] });
  const producer = streams.producer(topic, { backoff: { initial: 1, max: 20 } });
  const sending: Promise<{ readonly position: string | undefined }>[] = [];
  for (let n = 0; n < each; n++) {
    for (let key = 0; key < keys; key++)
      sending.push(producer.send({ key: `k${key}`, value: Buffer.from(`k${key}#${n}`) }));
    // Several requests, not one large one.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const receipts = await Promise.all(sending);
  await producer.close();
  return receipts.map(({ position = '' }) => position);
}

interface Stored {
  readonly text: string;
  readonly place: string;
}

/** Everything that is stored, shard by shard, by the SDK's own calls. */
async function readAll(adapter: KinesisAdapter, name: string): Promise<readonly Stored[]> {
  const { kinesis: client } = adapter.native;
  const { partitionNames = [] } = (await adapter.admin.describeTopic(name)) ?? {};
  const stored: Stored[] = [];
  for (const shard of partitionNames) {
    const start = { StreamName: name, ShardId: shard, ShardIteratorType: 'TRIM_HORIZON' } as const;
    let { ShardIterator: next } = await client.send(new GetShardIteratorCommand(start));
    for (let behind = 1; behind > 0 && next !== undefined;) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator: next }));
      for (const record of page.Records ?? [])
        for (const { value, position } of eventsOf(shard, record, 0))
          stored.push({ text: Buffer.from(value ?? []).toString(), place: position });
      next = page.NextShardIterator;
      behind = page.MillisBehindLatest ?? 0;
    }
  }
  return stored;
}

function expected(keys: number, each: number): string[] {
  return Array.from({ length: keys * each }, (_, index) => `k${index % keys}#${Math.floor(index / keys)}`);
}

function disorder(events: readonly Stored[]): string[] {
  const last = new Map<string, number>();
  return events.flatMap(({ text }) => {
    const [key = '', number] = text.split('#');
    const n = Number(number);
    const before = last.get(key) ?? -1;
    last.set(key, Math.max(before, n));
    return n > before ? [] : [`${text} after ${before}`];
  });
}

/** A linear congruential generator with the constants of ANSI C. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
