import { createStreams, defineTopic, type Schema } from '@isostream/core';
import { type BatchResult, type LaneBatch, type Sink, StreamError } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { createMemory, createVirtualClock, type MemoryAdapter } from './support/open.ts';
import { event, join, never, readRange, read, texts, write } from './support/clients.ts';

const everything = { topic: 'rides', from: 'earliest', to: 'now' } as const;
const aborted = AbortSignal.abort();

async function memory(topics: readonly string[] = ['rides'], clock = createVirtualClock()): Promise<MemoryAdapter> {
  const adapter = createMemory({ clock });
  for (const name of topics) await adapter.admin.createTopic(name, { partitions: 1 });
  return adapter;
}

async function opened(adapter: MemoryAdapter, topic = 'rides'): Promise<Sink> {
  const sink = adapter.createSink(topic);
  await sink.open(never);
  return sink;
}

const batchOf = (...values: string[]): LaneBatch => ({ lane: '0', events: values.map((text) => event('k', text)) });
const positions = (result: BatchResult | undefined): unknown =>
  result === undefined || StreamError.is(result) ? result : result.map(({ position }) => position);

describe('a failed write', () => {
  it('stores nothing, counts its hits, and ends after its times', async () => {
    const adapter = await memory();
    const fault = adapter.control.failWrites({ times: 2 });
    const attempt = () => write(adapter, 'rides', event('k', 'a'));

    await expect(attempt()).rejects.toMatchObject({ code: 'unavailable', outcome: 'not-written', retryable: true });
    await expect(attempt()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await attempt()).toEqual([{ partition: '0', position: '0' }]);
    expect(fault.hits).toBe(2);
    expect(await readRange(adapter, everything)).toEqual(['a']);
  });

  it('fails as it is told, on the topic it is told, until it is undone', async () => {
    const adapter = await memory(['rides', 'orders']);
    const fault = adapter.control.failWrites({ topic: 'rides', code: 'unauthorized', outcome: 'not-written' });

    for (let times = 0; times < 3; times++)
      await expect(write(adapter, 'rides', event('k', 'a'))).rejects.toMatchObject({
        code: 'unauthorized',
        retryable: false,
      });
    await write(adapter, 'orders', event('k', 'a'));
    expect(fault.hits).toBe(3);

    fault.undo();
    await write(adapter, 'rides', event('k', 'a'));
    expect(fault.hits).toBe(3);
  });

  it('ends with its block', async () => {
    const adapter = await memory();
    {
      using fault = adapter.control.failWrites();
      await expect(write(adapter, 'rides', event('k', 'a'))).rejects.toMatchObject({ code: 'unavailable' });
      expect(fault.hits).toBe(1);
    }
    expect(await write(adapter, 'rides', event('k', 'a'))).toHaveLength(1);
  });

  it('is told of each attempt alone: core remembers what may have been stored', async () => {
    const adapter = await memory();
    const sink = await opened(adapter);
    const batch = batchOf('a');
    using unknown = adapter.control.failWrites({ outcome: 'unknown', code: 'timeout', times: 1 });
    using refused = adapter.control.failWrites({ times: 2 });

    expect(await sink.write('memory', [batch], never)).toMatchObject([{ code: 'timeout', outcome: 'unknown' }]);
    expect(await sink.write('memory', [batch], never)).toMatchObject([{ code: 'unavailable', outcome: 'not-written' }]);
    expect(await sink.write('memory', [batch], never)).toMatchObject([[{ position: '0' }]]);
    expect([unknown.hits, refused.hits]).toEqual([1, 2]);
  });
});

describe('a lost answer', () => {
  it('leaves the events stored, and the same batch again leaves no duplicate', async () => {
    const adapter = await memory();
    const sink = await opened(adapter);
    const batch = batchOf('a', 'b');
    using fault = adapter.control.loseAnswers({ times: 2 });

    for (let times = 0; times < 2; times++)
      expect(await sink.write('memory', [batch], never)).toMatchObject([{ code: 'timeout', outcome: 'unknown' }]);
    const [result] = await sink.write('memory', [batch], never);

    expect(positions(result)).toEqual(['0', '1']);
    expect(fault.hits).toBe(2);
    expect(await readRange(adapter, everything)).toEqual(['a', 'b']);
  });

  it('is a duplicate for another batch with the same events', async () => {
    const adapter = await memory();
    const sink = await opened(adapter);
    using fault = adapter.control.loseAnswers({ times: 1 });
    await sink.write('memory', [batchOf('a')], never);
    await sink.write('memory', [batchOf('a')], never);
    expect(fault.hits).toBe(1);
    expect(await readRange(adapter, everything)).toEqual(['a', 'a']);
  });

  it('loses and repeats nothing that a producer sends meanwhile, and keeps its order', async () => {
    const clock = createVirtualClock();
    const adapter = createMemory({ clock });
    const number: Schema<number, number> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value) => (typeof value === 'number' ? { value } : { issues: [{ message: 'expected a number' }] }),
      },
    };
    const topic = defineTopic('rides', {
      events: { moved: number },
      key: (moved) => `k${(moved.data ?? 0) % 5}`,
      partitions: 2,
    });
    const streams = await createStreams({ adapter, topics: [topic], clock });
    const producer = streams.producer(topic);
    using fault = adapter.control.loseAnswers({ times: 6 });

    const sending = Promise.all(Array.from({ length: 50 }, (_, data) => producer.send({ type: 'moved', data })));
    await clock.advance(60_000);
    const receipts = await sending;

    const range = { topic: 'rides', from: 'earliest', to: 'now' } as const;
    const stored = (await readRange(adapter, range)).map(Number);
    expect(fault.hits).toBe(6);
    expect(stored.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    for (let key = 0; key < 5; key++) {
      const ofKey = stored.filter((each) => each % 5 === key);
      expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b));
    }
    expect(new Set(receipts.map(({ partition, position }) => `${partition}/${position}`)).size).toBe(50);
    await streams.close();
  });
});

describe('a delay', () => {
  it('holds a write back until its time is over', async () => {
    const clock = createVirtualClock();
    const adapter = await memory(['rides'], clock);
    using fault = adapter.control.delay('write', '2s', { times: 1 });
    const writing = write(adapter, 'rides', event('k', 'a'));

    await clock.advance(1_999);
    expect(await readRange(adapter, everything)).toEqual([]);
    await clock.advance(1);
    expect(await writing).toEqual([{ partition: '0', position: '0' }]);
    expect(fault.hits).toBe(1);
  });

  it('holds a read and a commit of one group back, and no other', async () => {
    const clock = createVirtualClock();
    const adapter = await memory(['rides'], clock);
    await write(adapter, 'rides', event('k', 'a'));
    const [slow, fast] = [join(adapter, 'rides', { group: 'slow' }), join(adapter, 'rides', { group: 'fast' })];
    const faults = [
      adapter.control.delay('read', 500, { group: 'slow' }),
      adapter.control.delay('commit', 500, { group: 'slow' }),
    ];
    const done: string[] = [];
    const work = async (name: string, member: typeof slow): Promise<void> => {
      done.push(...texts(await read(member.assignment(), never)).map((text) => `${name} read ${text}`));
      await member.assignment().commit?.({ partition: '0', position: '0' });
      done.push(`${name} committed`);
    };

    const working = Promise.all([work('slow', slow), work('fast', fast)]);
    await clock.advance(499);
    expect(done).toEqual(['fast read a', 'fast committed']);
    await clock.advance(1);
    expect(done).toEqual(['fast read a', 'fast committed', 'slow read a']);
    await clock.advance(500);
    await working;
    expect(done.at(-1)).toBe('slow committed');
    expect(faults.map(({ hits }) => hits)).toEqual([1, 1]);
    await Promise.all([slow.leave(), fast.leave()]);
  });

  it('is cut short by an abort, with an outcome that nobody knows', async () => {
    const adapter = await memory();
    const sink = await opened(adapter);
    using fault = adapter.control.delay('write', '1h');
    expect(await sink.write('memory', [batchOf('a')], aborted)).toMatchObject([
      { code: 'aborted', outcome: 'unknown' },
    ]);
    expect(fault.hits).toBe(1);
  });
});

describe('a failed commit', () => {
  it('moves nothing, in the group it is told, so often as it is told', async () => {
    const adapter = await memory();
    await write(adapter, 'rides', event('k', 'a'));
    const [failing, other] = [join(adapter, 'rides', { group: 'failing' }), join(adapter, 'rides', { group: 'other' })];
    using fault = adapter.control.failCommits({ group: 'failing', times: 1, code: 'throttled' });
    const mark = { partition: '0', position: '0' };

    await expect(failing.assignment().commit?.(mark)).rejects.toMatchObject({ code: 'throttled' });
    await other.assignment().commit?.(mark);
    expect(await adapter.admin.lag('rides', 'failing')).toMatchObject([{ committed: '0', events: 1 }]);
    await failing.assignment().commit?.(mark);

    expect(await adapter.admin.lag('rides', 'failing')).toMatchObject([{ committed: '1', events: 0 }]);
    expect(fault.hits).toBe(1);
    await Promise.all([failing.leave(), other.leave()]);
  });
});

describe('control', () => {
  it('says that a topic does not exist', async () => {
    const { control } = await memory();
    const calls = [
      () => control.rebalance('none', 'g'),
      () => control.loseOwnership('none', 'g', '0'),
      () => control.stall('none', 'g', 'a'),
      () => control.trim('none', '0', '1'),
      () => control.compact('none'),
    ];
    for (const call of calls) expect(call).toThrow(expect.objectContaining({ code: 'unknown-topic' }));
  });
});
