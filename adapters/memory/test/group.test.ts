import { describe, expect, it } from 'vitest';
import { createMemory, createMemoryBroker, createVirtualClock, type MemoryAdapter } from './support/open.ts';
import { event, join, never, read, texts, type TestMember, write } from './support/clients.ts';

async function memory(partitions = 1, clock = createVirtualClock()): Promise<MemoryAdapter> {
  const adapter = createMemory({ clock, sessionTimeout: '10s' });
  await adapter.admin.createTopic('rides', { partitions });
  return adapter;
}

/** Promise callbacks that are waiting run before this resolves. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

const held = (member: TestMember): string[] => {
  const now = new Set<string>();
  for (const [what, partition] of member.told.map((line) => line.split(' '))) {
    if (what === 'assigned') now.add(partition ?? '');
    else now.delete(partition ?? '');
  }
  return [...now].toSorted();
};

describe('a group', () => {
  it('shares partitions evenly, moves as few as it must, and takes all back from who leaves', async () => {
    const adapter = await memory(4);
    const first = join(adapter, 'rides', { clientId: 'a' });
    expect(held(first)).toEqual(['0', '1', '2', '3']);

    const second = join(adapter, 'rides', { clientId: 'b' });
    await settled();
    expect([held(first).length, held(second).length]).toEqual([2, 2]);
    expect(first.told.filter((line) => line.startsWith('revoking'))).toHaveLength(2);

    await second.leave();
    await settled();
    expect(held(first)).toEqual(['0', '1', '2', '3']);
    await first.leave();
  });

  it('gives a partition on only after its owner finished with it, and where it committed', async () => {
    const adapter = await memory();
    await write(adapter, 'rides', event('k', 'a'), event('k', 'b'));
    const drain = gate();
    const first = join(adapter, 'rides', { clientId: 'a', drain: () => drain.passed });
    const assignment = first.assignment();
    const leaving = first.leave();
    const second = join(adapter, 'rides', { clientId: 'b' });
    await settled();
    expect(second.told).toEqual([]);

    // The owner is still the owner: what it finishes counts.
    await assignment.commit?.({ partition: '0', position: '0' });
    drain.open();
    await leaving;
    await settled();

    expect(second.told).toEqual(['assigned 0']);
    expect(texts(await read(second.assignment(), never))).toEqual(['b']);
    expect(Number(second.assignment().fencingToken)).toBeGreaterThan(Number(assignment.fencingToken));
    await expect(assignment.commit?.({ partition: '0', position: '1' })).rejects.toMatchObject({ code: 'lease-lost' });
    await second.leave();
  });

  it('lets idle members wait, and take over from one who leaves', async () => {
    const adapter = await memory(1);
    const [first, second] = [join(adapter, 'rides', { clientId: 'a' }), join(adapter, 'rides', { clientId: 'b' })];
    await settled();
    expect([held(first).length, held(second).length].toSorted((a, b) => a - b)).toEqual([0, 1]);

    const [owner, idle] = held(first).length === 1 ? [first, second] : [second, first];
    await owner.leave();
    await settled();
    expect(held(idle)).toEqual(['0']);
    await idle.leave();
  });

  it('hands out the partitions that a topic grows by', async () => {
    const adapter = await memory(1);
    const member = join(adapter, 'rides');
    await adapter.admin.alterTopic('rides', { partitions: 3 });
    expect(held(member)).toEqual(['0', '1', '2']);
    await member.leave();
  });

  it('stands by itself: two groups have their own positions, two adapters on one broker the same ones', async () => {
    const broker = createMemoryBroker();
    const [one, two] = [createMemory({ broker }), createMemory({ broker })];
    await one.admin.createTopic('rides', { partitions: 1 });
    await write(one, 'rides', event('k', 'a'), event('k', 'b'));
    const [first, other] = [join(one, 'rides', { group: 'g' }), join(two, 'rides', { group: 'h' })];
    await first.assignment().commit?.({ partition: '0', position: '1' });
    await first.leave();

    const next = join(two, 'rides', { group: 'g' });
    await write(one, 'rides', event('k', 'c'));
    expect(texts(await read(next.assignment(), never))).toEqual(['c']);
    expect(texts(await read(other.assignment(), never))).toEqual(['a', 'b', 'c']);
    await Promise.all([next.leave(), other.leave()]);
  });

  it('ends for all its members when the topic is deleted', async () => {
    const adapter = await memory(2);
    const member = join(adapter, 'rides');
    await adapter.admin.deleteTopic('rides');

    await expect(member.running).rejects.toMatchObject({ code: 'unknown-topic' });
    expect(member.told).toEqual(['assigned 0', 'assigned 1', 'lost 0', 'lost 1']);
    await expect(join(adapter, 'rides').running).rejects.toMatchObject({ code: 'unknown-topic' });
  });

  it('has nothing for a member that was aborted before it joined', async () => {
    const adapter = await memory();
    const listener = {
      assigned: () => expect.unreachable('assigned'),
      revoking: async () => undefined,
      lost: () => undefined,
    };
    await adapter
      .createSource({ topic: 'rides', group: 'g', from: 'earliest', clientId: 'a' })
      .run(listener, AbortSignal.abort());
    expect(await adapter.admin.listGroups('rides')).toEqual([]);
  });
});

describe('where a group starts', () => {
  it('is kept from its first assignment on, even if it never commits', async () => {
    const adapter = await memory();
    await write(adapter, 'rides', event('k', 'old'));
    const first = join(adapter, 'rides', { from: 'latest' });
    await first.leave();
    await write(adapter, 'rides', event('k', 'new'));

    const second = join(adapter, 'rides', { from: 'latest' });
    expect(texts(await read(second.assignment(), never))).toEqual(['new']);
    await second.leave();
  });

  it('can be a time: the first event stamped at or after it', async () => {
    const adapter = await memory();
    const stamps = [1_000, 2_000, 2_000, 3_000];
    await write(
      adapter,
      'rides',
      ...stamps.map((timestamp, index) => event('k', `${timestamp}-${index}`, { timestamp })),
    );
    const readFrom = async (group: string, from: Date): Promise<(string | null)[]> => {
      const member = join(adapter, 'rides', { group, from });
      const result = texts(await read(member.assignment(), never, 2));
      await member.leave();
      return result;
    };

    expect(await readFrom('at', new Date(2_000))).toEqual(['2000-1', '2000-2']);
    expect(await readFrom('between', new Date(2_001))).toEqual(['3000-3']);
    expect(await readFrom('before', new Date(0))).toEqual(['1000-0', '2000-1']);
    const after = join(adapter, 'rides', { group: 'after', from: new Date(9_000) });
    expect(await adapter.admin.lag('rides', 'after')).toMatchObject([{ events: 0, committed: '4' }]);
    await after.leave();
  });
});

describe('a rebalance on demand', () => {
  it('hands every partition over once, with a drain', async () => {
    const adapter = await memory(3);
    const member = join(adapter, 'rides');
    const tokens = member.assignments.map(({ fencingToken }) => Number(fencingToken));

    expect(adapter.control.rebalance('rides', 'g')).toBe(3);
    await settled();

    expect(member.told).toEqual([
      'assigned 0',
      'assigned 1',
      'assigned 2',
      'revoking 0',
      'revoking 1',
      'revoking 2',
      'assigned 0',
      'assigned 1',
      'assigned 2',
    ]);
    expect(Math.min(...member.assignments.slice(3).map(({ fencingToken }) => Number(fencingToken)))).toBeGreaterThan(
      Math.max(...tokens),
    );
    await member.leave();
  });

  it('has nothing to do for a group without members', async () => {
    const adapter = await memory();
    expect(adapter.control.rebalance('rides', 'g')).toBe(0);
    expect(await adapter.admin.listGroups('rides')).toEqual([]);
  });
});

describe('a lost ownership', () => {
  it('comes without a drain; the next owner repeats what was not committed, the late commit has no effect', async () => {
    const adapter = await memory();
    await write(adapter, 'rides', event('k', 'a'), event('k', 'b'));
    const member = join(adapter, 'rides');
    const before = member.assignment();
    expect(texts(await read(before, never))).toEqual(['a', 'b']);
    await before.commit?.({ partition: '0', position: '0' });

    expect(adapter.control.loseOwnership('rides', 'g', '0')).toBe(true);
    expect(member.told).toEqual(['assigned 0', 'lost 0', 'assigned 0']);
    expect(member.reasons).toMatchObject([{ code: 'lease-lost', retryable: false }]);
    await expect(before.commit?.({ partition: '0', position: '1' })).rejects.toMatchObject({ code: 'lease-lost' });
    expect(await read(before, never)).toEqual([]);
    expect(texts(await read(member.assignment(), never))).toEqual(['b']);
    await member.leave();
  });

  it('ends a read that waits', async () => {
    const adapter = await memory();
    const member = join(adapter, 'rides');
    const waiting = read(member.assignment(), never);
    adapter.control.loseOwnership('rides', 'g', '0');
    expect(await waiting).toEqual([]);
    await member.leave();
  });

  it('needs an owner', async () => {
    expect((await memory()).control.loseOwnership('rides', 'g', '0')).toBe(false);
  });
});

describe('a stalled member', () => {
  it('keeps everything if it comes back within its session', async () => {
    const clock = createVirtualClock();
    const adapter = await memory(1, clock);
    await write(adapter, 'rides', event('k', 'a'));
    const member = join(adapter, 'rides', { clientId: 'a' });
    const fault = adapter.control.stall('rides', 'g', 'a');
    expect(fault.hits).toBe(1);
    const reading = read(member.assignment(), never);
    await clock.advance(9_999);
    fault.undo();
    await clock.advance(60_000);

    expect(texts(await reading)).toEqual(['a']);
    expect(member.told).toEqual(['assigned 0']);
    await member.leave();
  });

  it('does not hear that a partition is asked back before it is reachable again', async () => {
    const clock = createVirtualClock();
    const adapter = await memory(2, clock);
    const first = join(adapter, 'rides', { clientId: 'a' });
    using fault = adapter.control.stall('rides', 'g', 'a');
    const second = join(adapter, 'rides', { clientId: 'b' });
    await clock.advance(9_000);
    expect([first.told, second.told]).toEqual([['assigned 0', 'assigned 1'], []]);

    fault.undo();
    await settled();
    expect([held(first).length, held(second).length]).toEqual([1, 1]);
    expect(first.told.filter((line) => line.startsWith('lost'))).toEqual([]);
    await Promise.all([first.leave(), second.leave()]);
  });

  it('loses everything after its session, and joins anew when it is back', async () => {
    const clock = createVirtualClock();
    const adapter = await memory(2, clock);
    const [first, second] = [join(adapter, 'rides', { clientId: 'a' }), join(adapter, 'rides', { clientId: 'b' })];
    await settled();
    const assignment = first.assignments.find(({ partition }) => held(first).includes(partition));
    using fault = adapter.control.stall('rides', 'g', 'a');
    const committing = assignment?.commit?.({ partition: assignment.partition, position: '0' });
    const outcome = committing?.then(
      () => 'committed',
      (error: unknown) => error,
    );

    await clock.advance(9_999);
    expect(held(second)).toHaveLength(1);
    await clock.advance(1);
    expect([held(first), held(second)]).toEqual([[], ['0', '1']]);

    fault.undo();
    expect(await outcome).toMatchObject({ code: 'lease-lost' });
    await settled();
    expect([held(first).length, held(second).length]).toEqual([1, 1]);
    await Promise.all([first.leave(), second.leave()]);
  });

  it('is found by its client id', async () => {
    const adapter = await memory();
    const member = join(adapter, 'rides', { clientId: 'a' });
    using fault = adapter.control.stall('rides', 'g', 'nobody');
    expect(fault.hits).toBe(0);
    await member.leave();
  });
});
