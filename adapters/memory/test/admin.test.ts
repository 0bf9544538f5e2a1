import { describe, expect, it } from 'vitest';
import { createMemory, createVirtualClock, type MemoryAdapter } from './support/open.ts';
import { event, join, never, readRange, read, texts, write } from './support/clients.ts';

async function memory(partitions = 1, clock = createVirtualClock()): Promise<MemoryAdapter> {
  const adapter = createMemory({ clock });
  await adapter.admin.createTopic('rides', { partitions });
  return adapter;
}

describe('topics', () => {
  it('are created, listed, described and deleted', async () => {
    const { admin } = createMemory({ partitions: 3 });
    await admin.createTopic('rides', {});
    await admin.createTopic('orders', {
      partitions: 2,
      retentionMs: 5,
      retentionBytes: 6,
      compaction: true,
      maxEventBytes: 7,
    });

    expect(await admin.listTopics()).toEqual(['rides', 'orders']);
    expect(await admin.describeTopic('rides')).toEqual({
      name: 'rides',
      partitions: 3,
      partitionNames: ['0', '1', '2'],
      retentionMs: Infinity,
      compaction: false,
      maxEventBytes: 1_048_576,
    });
    expect(await admin.describeTopic('orders')).toMatchObject({
      partitionNames: ['0', '1'],
      retentionMs: 5,
      retentionBytes: 6,
      compaction: true,
      maxEventBytes: 7,
    });
    await admin.deleteTopic('rides');
    expect(await admin.listTopics()).toEqual(['orders']);
    expect(await admin.describeTopic('rides')).toBeUndefined();
  });

  it('exist once, and must exist to be used', async () => {
    const adapter = await memory();
    const { admin } = adapter;
    await expect(admin.createTopic('rides', {})).rejects.toMatchObject({ code: 'conflict' });
    const missing = { code: 'unknown-topic' };
    await expect(admin.deleteTopic('none')).rejects.toMatchObject(missing);
    await expect(admin.alterTopic('none', {})).rejects.toMatchObject(missing);
    await expect(admin.lag('none', 'g')).rejects.toMatchObject(missing);
    await expect(admin.listGroups('none')).rejects.toMatchObject(missing);
    await expect(adapter.createSink('none').open(never)).rejects.toMatchObject(missing);
    await expect(readRange(adapter, { topic: 'none', from: 'earliest', to: 'now' })).rejects.toMatchObject(missing);
  });

  it('that were deleted and created again are new ones: an old sink writes to neither, until it is opened again', async () => {
    const adapter = await memory();
    const sink = adapter.createSink('rides');
    await sink.open(never);
    await adapter.admin.deleteTopic('rides');
    await adapter.admin.createTopic('rides', { partitions: 1 });

    const writeAgain = async () => (await sink.write('memory', [{ lane: '0', events: [event('k', 'a')] }], never))[0];
    expect(await writeAgain()).toMatchObject({ code: 'topic-mismatch', outcome: 'not-written' });
    await sink.open(never);
    expect(await writeAgain()).toEqual([{ partition: '0', position: '0' }]);
  });
});

describe('events', () => {
  it('are stored as they stand: bytes, headers, binary keys, empty and null ones', async () => {
    const adapter = await memory();
    const value = Buffer.from([0, 255, 128]);
    const headers = [
      ['Trace', 'x'],
      ['Trace', Buffer.from([1])],
    ] as const;
    await write(
      adapter,
      'rides',
      { key: 'k', value, headers },
      event('', 'empty key'),
      event(Buffer.from([0xff]), null),
      event(null, ''),
    );
    value.fill(7);

    const member = join(adapter, 'rides');
    const events = await read(member.assignment(), never);
    expect(events).toMatchObject([
      { key: 'k', value: Buffer.from([0, 255, 128]), headers },
      { key: '', value: Buffer.from('empty key') },
      { key: Buffer.from([0xff]), value: null },
      { key: null, value: Buffer.alloc(0) },
    ]);
    await member.leave();
  });

  it('have the time of the clock, unless they bring their own', async () => {
    const clock = createVirtualClock(5_000);
    const adapter = await memory(1, clock);
    await clock.advance(250);
    await write(adapter, 'rides', event('k', 'a'), event('k', 'b', { timestamp: 42 }));

    const member = join(adapter, 'rides');
    expect((await read(member.assignment(), never)).map(({ timestamp }) => timestamp)).toEqual([5_250, 42]);
    await member.leave();
  });

  it('of one key share a partition, also for a second sink; without a key they go round', async () => {
    const adapter = await memory(4);
    const partitionsOf = async (key: string | null): Promise<Set<string | undefined>> => {
      const written = await write(adapter, 'rides', ...Array.from({ length: 8 }, () => event(key, 'x')));
      return new Set(written.map(({ partition }) => partition));
    };
    const spread = new Set<string | undefined>();
    for (let key = 0; key < 20; key++) {
      const [first, second] = [await partitionsOf(`k${key}`), await partitionsOf(`k${key}`)];
      expect([first.size, second]).toEqual([1, first]);
      for (const partition of first) spread.add(partition);
    }
    expect(spread.size).toBe(4);
    expect((await partitionsOf(null)).size).toBe(4);
  });

  it('beyond the room stay, and come first the next time', async () => {
    const adapter = await memory();
    await write(adapter, 'rides', ...['a', 'b', 'c'].map((text) => event('k', text)));
    const { assignment, leave } = join(adapter, 'rides');

    expect(texts(await read(assignment(), never, 0))).toEqual([]);
    expect(texts(await read(assignment(), never, 2))).toEqual(['a', 'b']);
    expect(texts(await read(assignment(), never, 2))).toEqual(['c']);
    await leave();
  });

  it('wake a reader that waits, and an abort ends the wait', async () => {
    const adapter = await memory();
    const { assignment, leave } = join(adapter, 'rides');
    const reading = read(assignment(), never);
    await write(adapter, 'rides', event('k', 'a'));
    expect(texts(await reading)).toEqual(['a']);

    const stop = new AbortController();
    const idle = read(assignment(), stop.signal);
    stop.abort();
    expect(await idle).toEqual([]);
    await leave();
  });
});

async function stamped(): Promise<MemoryAdapter> {
  const adapter = await memory();
  await write(
    adapter,
    'rides',
    ...[1_000, 2_000, 3_000].map((timestamp) => event('k', String(timestamp), { timestamp })),
  );
  return adapter;
}

describe('a range', () => {
  it('begins at a time or a position, and ends before a time', async () => {
    const adapter = await stamped();
    const readTexts = (from: Date | 'earliest' | 'latest' | ReadonlyMap<string, string>, to: Date | 'now' = 'now') =>
      readRange(adapter, { topic: 'rides', from, to });

    expect(await readTexts(new Date(2_000))).toEqual(['2000', '3000']);
    expect(await readTexts(new Map([['0', '2']]))).toEqual(['3000']);
    expect(await readTexts('earliest', new Date(3_000))).toEqual(['1000', '2000']);
    expect(await readTexts('latest')).toEqual([]);
    expect(await readTexts(new Map())).toEqual([]);
  });

  it('ends where the partition ended when it began', async () => {
    const adapter = await stamped();
    const reading = readRange(adapter, { topic: 'rides', from: 'earliest', to: 'now' });
    await write(adapter, 'rides', event('k', 'later'));
    expect(await reading).toEqual(['1000', '2000', '3000']);
  });

  it('moves no group', async () => {
    const adapter = await stamped();
    await readRange(adapter, { topic: 'rides', from: 'earliest', to: 'now' });
    expect(await adapter.admin.listGroups('rides')).toEqual([]);
  });
});

describe('lag', () => {
  it('is what a group has not committed, in events and in age', async () => {
    const clock = createVirtualClock();
    const adapter = await memory(1, clock);
    const { assignment, leave } = join(adapter, 'rides');
    await write(adapter, 'rides', event('k', 'a'));
    await clock.advance(1_000);
    await write(adapter, 'rides', event('k', 'b'));
    await clock.advance(500);
    const lag = () => adapter.admin.lag('rides', 'g');

    expect(await lag()).toEqual([{ partition: '0', events: 2, ms: 1_500, committed: '0', end: '2' }]);
    await assignment().commit?.({ partition: '0', position: '0' });
    expect(await lag()).toEqual([{ partition: '0', events: 1, ms: 500, committed: '1', end: '2' }]);
    await assignment().commit?.({ partition: '0', position: '1' });
    expect(await lag()).toEqual([{ partition: '0', events: 0, ms: 0, committed: '2', end: '2' }]);
    await leave();
  });

  it('of a group that never was is everything, and asking makes no group', async () => {
    const adapter = await memory();
    await write(adapter, 'rides', event('k', 'a'));
    expect(await adapter.admin.lag('rides', 'nobody')).toMatchObject([{ events: 1, committed: undefined }]);
    expect(await adapter.admin.listGroups('rides')).toEqual([]);
  });
});

async function consumed(): Promise<MemoryAdapter> {
  const adapter = await memory(1);
  await write(
    adapter,
    'rides',
    ...[1_000, 2_000, 3_000].map((timestamp) => event('k', String(timestamp), { timestamp })),
  );
  const { assignment, leave } = join(adapter, 'rides');
  await assignment().commit?.({ partition: '0', position: '2' });
  await leave();
  return adapter;
}

describe('resetting a group', () => {
  it.each([
    ['the earliest', 'earliest', '0'],
    ['the latest', 'latest', '3'],
    ['a time', new Date(1_500), '1'],
    ['a position', new Map([['0', '2']]), '2'],
  ] as const)('sets it to %s', async (_, to, committed) => {
    const adapter = await consumed();
    await adapter.admin.resetGroup('rides', 'g', to);
    expect(await adapter.admin.lag('rides', 'g')).toMatchObject([{ committed, events: 3 - Number(committed) }]);
  });

  it('leaves partitions that are not named where they are', async () => {
    const adapter = await consumed();
    await adapter.admin.resetGroup('rides', 'g', new Map([['7', '0']]));
    expect(await adapter.admin.lag('rides', 'g')).toMatchObject([{ committed: '3' }]);
  });

  it('is refused without effect while the group has members, and allowed when they left', async () => {
    const adapter = await consumed();
    const member = join(adapter, 'rides');
    await expect(adapter.admin.resetGroup('rides', 'g', 'earliest')).rejects.toMatchObject({ code: 'conflict' });
    expect(await adapter.admin.lag('rides', 'g')).toMatchObject([{ committed: '3' }]);

    await member.leave();
    await adapter.admin.resetGroup('rides', 'g', 'earliest');
    expect(await adapter.admin.lag('rides', 'g')).toMatchObject([{ committed: '0' }]);
  });
});
