import { describe, expect, it } from 'vitest';
import { createMemory, createVirtualClock, type MemoryAdapter, type VirtualClock } from './support/open.ts';
import { event, join, never, read, readPage, readRange, texts, write } from './support/clients.ts';

interface World {
  readonly clock: VirtualClock;
  readonly adapter: MemoryAdapter;
}

async function world(settings: Parameters<MemoryAdapter['admin']['createTopic']>[1]): Promise<World> {
  const clock = createVirtualClock();
  const adapter = createMemory({ clock });
  await adapter.admin.createTopic('rides', { partitions: 1, ...settings });
  return { clock, adapter };
}

const everything = { topic: 'rides', from: 'earliest', to: 'now' } as const;

describe('retention', () => {
  it('by time removes what is older, and not what is just old enough', async () => {
    const { clock, adapter } = await world({ retentionMs: 1_000 });
    await write(adapter, 'rides', event('k', 'a'));
    await clock.advance(600);
    await write(adapter, 'rides', event('k', 'b'));

    await clock.advance(400);
    expect(await readRange(adapter, everything)).toEqual(['a', 'b']);
    await clock.advance(1);
    expect(await readRange(adapter, everything)).toEqual(['b']);
  });

  it('by time goes by the events’ own time', async () => {
    const { clock, adapter } = await world({ retentionMs: 1_000 });
    await write(adapter, 'rides', event('k', 'long ago', { timestamp: clock.now() - 5_000 }), event('k', 'now'));
    expect(await readRange(adapter, everything)).toEqual(['now']);
  });

  it('by size removes the oldest events of each partition until the rest fits', async () => {
    const { adapter } = await world({ retentionBytes: 20 });
    // A byte of key and nine of payload each.
    for (const digit of '123') await write(adapter, 'rides', event('k', digit.repeat(9)));

    expect(await readRange(adapter, everything)).toEqual(['2'.repeat(9), '3'.repeat(9)]);
  });

  it('keeps the newest event, however old or large it is', async () => {
    const { clock, adapter } = await world({ retentionMs: 1_000, retentionBytes: 5 });
    await write(adapter, 'rides', event('k', 'a'), event('k', 'larger than five bytes'));
    await clock.advance(60_000);
    expect(await readRange(adapter, everything)).toEqual(['larger than five bytes']);
  });

  it('can be changed while the topic is in use, and leaves the other settings alone', async () => {
    const { clock, adapter } = await world({ retentionMs: 60_000, maxEventBytes: 500 });
    await write(adapter, 'rides', event('k', 'a'), event('k', 'b'));
    await clock.advance(2_000);
    await adapter.admin.alterTopic('rides', { retentionMs: 1_000 });

    expect(await readRange(adapter, everything)).toEqual(['b']);
    expect(await adapter.admin.describeTopic('rides')).toMatchObject({
      retentionMs: 1_000,
      maxEventBytes: 500,
      partitions: 1,
    });
  });

  it('keeps everything where nothing is declared', async () => {
    const { clock, adapter } = await world({});
    await write(adapter, 'rides', event('k', 'a'), event('k', 'b'));
    await clock.advance(10 * 365 * 86_400_000);
    expect(await readRange(adapter, everything)).toEqual(['a', 'b']);
    expect(await adapter.admin.describeTopic('rides')).toMatchObject({ retentionMs: Infinity });
  });
});

describe('a gap', () => {
  it('is told once, with the number of events that are gone, and reading goes on behind it', async () => {
    const { adapter } = await world({});
    await write(adapter, 'rides', ...['a', 'b', 'c', 'd', 'e'].map((text) => event('k', text)));
    const member = join(adapter, 'rides');
    expect(texts(await read(member.assignment(), never, 1))).toEqual(['a']);
    await member.assignment().commit?.({ partition: '0', position: '0' });
    adapter.control.trim('rides', '0', '3');

    expect((await readPage(member.assignment(), never)).gaps).toEqual([{ from: '1', to: '3', missing: 2 }]);
    expect(texts(await read(member.assignment(), never))).toEqual(['d', 'e']);
    await member.leave();
  });

  it('wakes nobody who has read everything', async () => {
    const { clock, adapter } = await world({ retentionMs: 1_000 });
    await write(adapter, 'rides', event('k', 'a'));
    const member = join(adapter, 'rides');
    await read(member.assignment(), never);
    const reading = read(member.assignment(), never);
    await clock.advance(60_000);
    await write(adapter, 'rides', event('k', 'b'));

    expect(texts(await reading)).toEqual(['b']);
    await member.leave();
  });

  it('opens a range that begins in what is gone', async () => {
    const { adapter } = await world({});
    await write(adapter, 'rides', event('k', 'a'), event('k', 'b'), event('k', 'c'));
    adapter.control.trim('rides', '0', '2');

    const range = { topic: 'rides', from: new Map([['0', '0']]), to: 'now' } as const;
    expect(await readRange(adapter, range)).toEqual([{ from: '0', to: '2', missing: 2 }, 'c']);
    expect(await readRange(adapter, everything)).toEqual(['c']);
  });

  it('counts as lag no longer', async () => {
    const { adapter } = await world({});
    await write(adapter, 'rides', event('k', 'a'), event('k', 'b'), event('k', 'c'));
    await adapter.admin.resetGroup('rides', 'g', 'earliest');
    adapter.control.trim('rides', '0', '2');
    expect(await adapter.admin.lag('rides', 'g')).toMatchObject([{ events: 1, committed: '0', end: '3' }]);
  });
});

describe('compaction', () => {
  const changes = ['a1', 'b1', null, 'a2', 'c1', 'b2', 'c-gone'];

  async function compacted(): Promise<World> {
    const made = await world({ compaction: true });
    const events = changes.map((text) => event(text === null ? null : text.charAt(0), text === 'c-gone' ? null : text));
    await write(made.adapter, 'rides', ...events);
    made.adapter.control.compact('rides');
    return made;
  }

  it('keeps the latest event of each key, no tombstone, and what has no key', async () => {
    const { adapter } = await compacted();
    expect(await readRange(adapter, everything)).toEqual([null, 'a2', 'b2']);
  });

  it('moves no position and is no gap', async () => {
    const { adapter } = await compacted();
    const member = join(adapter, 'rides');
    const events = await read(member.assignment(), never);
    expect(events.map(({ position }) => position)).toEqual(['2', '3', '5']);

    // Position 6 was a tombstone: nothing is left up to the end.
    let isOver = false;
    const waiting = read(member.assignment(), never).finally(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);

    const [written] = await write(adapter, 'rides', event('d', 'd1'));
    expect(written).toEqual({ partition: '0', position: '7' });
    expect(texts(await waiting)).toEqual(['d1']);
    await member.leave();
  });

  it('happens only on request', async () => {
    const { adapter } = await world({ compaction: true });
    await write(adapter, 'rides', event('a', 'a1'), event('a', 'a2'));
    expect(await readRange(adapter, everything)).toEqual(['a1', 'a2']);
  });
});
