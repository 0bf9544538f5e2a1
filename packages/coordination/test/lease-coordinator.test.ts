import { type SourceListener, StreamError, type WatermarkAssignment } from '@isostream/core/adapter';
import { createVirtualClock } from '@isostream/memory';
import { describe, expect, it } from 'vitest';
import type { HeldLease } from '../src/held-lease.ts';
import { LeaseCoordinator, type CoordinatorOptions } from '../src/lease-coordinator.ts';
import { freshLease, type Lease } from '../src/lease.ts';
import type { LeaseStore } from '../src/lease-store.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';
import {
  earlyContinuations,
  imbalance,
  lostEvents,
  overlaps,
  repeats,
  tokensThatDidNotGrow,
} from './support/history.ts';
import { leaseMs, SimulatedGroup } from './support/simulated-group.ts';

const { signal } = new AbortController();
const fourPartitions = ['p0', 'p1', 'p2', 'p3'];

function atRest(group: SimulatedGroup): boolean {
  return imbalance(group.names, group.shares).length === 0;
}

function atRestOf(group: SimulatedGroup, count: number): boolean {
  return [...group.shares.values()].flat().length === count;
}

describe('a group over leases', () => {
  it('gives a newcomer its share without a repetition, within one lease time', async () => {
    const group = new SimulatedGroup({ seed: 1, partitions: fourPartitions });
    group.join('a');
    await group.until(() => atRest(group), leaseMs);

    group.join('b');
    await group.until(() => atRest(group), leaseMs);

    expect(group.shares.get('b')).toHaveLength(2);
    expect([repeats, overlaps].flatMap((check) => check(group.history))).toEqual([]);
    await group.end();
  });

  it('takes over from a member that left at once, and from one that crashed after its leases ran out', async () => {
    const group = new SimulatedGroup({ seed: 2, partitions: fourPartitions });
    for (const name of ['a', 'b', 'c']) group.join(name);
    await group.until(() => atRest(group), 3 * leaseMs);

    group.leave('a');
    await group.until(() => !group.isRunning('a') && atRest(group), leaseMs);

    group.pause('b');
    await group.clock.advance(leaseMs / 2);
    expect(atRest(group)).toBe(false);
    await group.until(() => atRest(group), 1.5 * leaseMs);
    expect(group.shares.get('c')).toEqual(expect.arrayContaining(fourPartitions));
    await group.end();
  });

  it('throws a member out that was paused, and takes it back', async () => {
    const group = new SimulatedGroup({ seed: 3, partitions: fourPartitions });
    for (const name of ['a', 'b']) group.join(name);
    await group.until(() => atRest(group), 3 * leaseMs);
    const tokens = group.history.filter(({ kind }) => kind === 'assigned').length;

    group.pause('a');
    await group.until(() => group.shares.get('b')?.length === 4, 3 * leaseMs);
    const taken = group.history.length;
    group.resume('a');
    await group.until(() => atRest(group), 3 * leaseMs);

    const late = group.history.slice(taken);
    expect(late.filter((entry) => entry.kind === 'gone' && entry.member === 'a')).toHaveLength(2);
    expect(late.filter((entry) => entry.kind === 'committed' && entry.member === 'a' && entry.token <= tokens)).toEqual(
      [],
    );
    await group.end();
  });

  it('keeps every partition where it is while the store is away for less than a lease', async () => {
    const group = new SimulatedGroup({ seed: 4, partitions: fourPartitions });
    for (const name of ['a', 'b']) group.join(name);
    await group.until(() => atRest(group), 3 * leaseMs);
    await group.clock.advance(leaseMs);
    const before = group.history.filter(({ kind }) => kind === 'gone').length;

    group.weather.isDown = true;
    await group.clock.advance(leaseMs * 0.6);
    group.weather.isDown = false;
    await group.clock.advance(3 * leaseMs);

    expect(group.history.filter(({ kind }) => kind === 'gone')).toHaveLength(before);
    await group.end();
  });

  it('stops in time while the store is away for longer, and goes on where it was', async () => {
    const group = new SimulatedGroup({ seed: 5, partitions: fourPartitions });
    for (const name of ['a', 'b']) group.join(name);
    await group.until(() => atRest(group), 3 * leaseMs);

    group.weather.isDown = true;
    await group.clock.advance(leaseMs + 50);
    expect([...group.shares.values()].flat()).toEqual([]);
    await group.clock.advance(5 * leaseMs);
    group.weather.isDown = false;
    await group.until(() => atRest(group), 3 * leaseMs);

    expect(group.failures).toEqual([]);
    await group.end();
  });

  const partitions = [
    { partition: 'child', after: ['left', 'right'] },
    { partition: 'left' },
    { partition: 'right', after: ['root'] },
    { partition: 'root' },
  ];
  const ends = new Map([
    ['root', 7],
    ['left', 5],
    ['right', 3],
  ]);

  it('reads a partition only after those that it continues, also when they are found together', async () => {
    const group = new SimulatedGroup({ seed: 6, partitions, ends });
    for (const name of ['a', 'b', 'c']) group.join(name);
    await group.until(() => [...group.shares.values()].flat().join() === 'child', 10 * leaseMs);
    await group.clock.advance(leaseMs);

    const handled = group.history.flatMap((entry) => (entry.kind === 'handled' ? [entry.partition] : []));
    expect(earlyContinuations(partitions, group.history)).toEqual([]);
    expect(new Set(handled)).toEqual(new Set(['root', 'left', 'right', 'child']));
    expect(handled.filter((partition) => partition !== 'child')).toHaveLength(15);
    expect(repeats(group.history)).toEqual([]);

    group.partitions = partitions.slice(0, 1);
    await group.clock.advance(5 * leaseMs);
    expect((await group.store.list(signal)).map(({ partition }) => partition)).toEqual(['child']);
    await group.end();
  });

  it('would read one too early from a store that forgets what it continues', async () => {
    const forgetful = createMemoryLeaseStore();
    const store: LeaseStore = {
      ...forgetful,
      list: async (given) => (await forgetful.list(given)).map((lease) => ({ ...lease, after: [] })),
    };
    const group = new SimulatedGroup({ seed: 6, partitions, ends, store });
    group.join('a');
    await group.until(() => [...group.shares.values()].flat().join() === 'child', 10 * leaseMs);
    await group.end();
    expect(earlyContinuations(partitions, group.history)).toContain('child began before the end of left');
  });

  const vandals: readonly (readonly [string, (leases: readonly Lease[]) => readonly (Lease | undefined)[]])[] = [
    ['one lease is deleted', ([first]) => [first === undefined ? undefined : { ...first, owner: 'deleted' }]],
    ['all leases are deleted', (leases) => leases.map((lease) => ({ ...lease, owner: 'deleted' }))],
    [
      'one lease is replaced by a copy from before it was held',
      ([first]) => [first && { ...first, counter: 0, token: 0, owner: undefined, position: '0' }],
    ],
    [
      'all leases are replaced by older copies',
      (leases) => leases.map((lease) => ({ ...lease, counter: 0, token: 0, owner: undefined, position: '0' })),
    ],
  ];
  it.each(vandals)('loses nothing and repeats nothing when %s by somebody else', async (_, change) => {
    const group = new SimulatedGroup({ seed: 8, partitions: fourPartitions });
    for (const name of ['a', 'b']) group.join(name);
    await group.until(() => atRest(group), 3 * leaseMs);
    await group.clock.advance(leaseMs);

    for (let time = 0; time < 3; time++) {
      for (const lease of change(await group.store.list(signal))) {
        const there = await group.store.read(lease?.partition ?? '', signal);
        if (lease === undefined || there === undefined) continue;
        if (lease.owner === 'deleted') await group.store.delete(lease.partition, there.counter, signal);
        else await group.store.replace(lease, there.counter, signal);
      }
      await group.clock.advance(2 * leaseMs);
    }
    // Whoever comes next goes on there.
    group.leave('a');
    group.join('c');
    await group.until(() => !group.isRunning('a') && atRest(group), 4 * leaseMs);
    await group.end();

    expect(group.failures).toEqual([]);
    expect([repeats, overlaps, tokensThatDidNotGrow].flatMap((check) => check(group.history))).toEqual([]);
  });

  it('keeps the place of a lease that is deleted while nobody holds it', async () => {
    const group = new SimulatedGroup({ seed: 9, partitions: ['p0'] });
    for (const name of ['a', 'b']) group.join(name);
    await group.until(() => atRestOf(group, 1), 3 * leaseMs);
    await group.clock.advance(leaseMs);
    const [holder = 'a'] = [...group.shares].filter(([, held]) => held.length > 0).map(([name]) => name);
    group.pause(holder);
    await group.clock.advance(leaseMs / 2);
    const lease = await group.store.read('p0', signal);
    await group.store.delete('p0', lease?.counter ?? 0, signal);
    await group.until(() => [...group.shares.values()].flat().length === 1, 4 * leaseMs);
    await group.end();

    const { position } = (await group.store.read('p0', signal)) ?? { position: '' };
    expect(Number(position)).toBeGreaterThan(Number(lease?.position));
    expect([tokensThatDidNotGrow, lostEvents].flatMap((check) => check(group.history))).toEqual([]);
  });

  it('finds partitions that are added while it runs', async () => {
    const group = new SimulatedGroup({ seed: 7, partitions: ['p0', 'p1'] });
    for (const name of ['a', 'b']) group.join(name);
    await group.until(() => atRest(group), 3 * leaseMs);

    group.partitions = fourPartitions.map((partition) => ({ partition }));
    await group.until(() => atRest(group), 4 * leaseMs);
    expect([...group.shares.values()].flat().toSorted()).toEqual(fourPartitions);
    await group.end();
  });
});

const silent: SourceListener = { assigned: () => undefined, revoking: async () => undefined, lost: () => undefined };

describe('one member', () => {
  const clock = createVirtualClock();

  function run(
    change: Partial<CoordinatorOptions>,
    stop: AbortController = new AbortController(),
    listener: SourceListener = silent,
  ): Promise<void> {
    const options: CoordinatorOptions = {
      store: createMemoryLeaseStore(),
      partitions: {
        list: async () => [{ partition: 'p' }],
        start: async () => ({ position: '0' }),
        open: (held) => ({
          partition: held.partition,
          fencingToken: String(held.token),
          read: async () => undefined,
          commit: ({ position }) => held.commit(position),
        }),
      },
      member: 'a',
      where: 'test',
      what: 'group "g"',
      sessionTimeout: leaseMs,
      clock,
      random: () => 0.5,
      ...change,
    };
    return new LeaseCoordinator(options, listener).run(stop.signal);
  }

  const partitions = {
    list: async () => [{ partition: 'p' }],
    start: async () => ({ position: '0' }),
    open: () => {
      throw new Error('no assignment');
    },
  };

  it('asks once where a partition starts, and keeps the answer', async () => {
    const store = createMemoryLeaseStore();
    const asked: string[] = [];
    const counting = {
      ...partitions,
      start: async ({ partition }: { partition: string }) => ({ position: `${partition}@${asked.push(partition)}` }),
      open: ({ partition }: { partition: string }) => ({
        partition,
        fencingToken: undefined,
        read: async () => undefined,
        commit: async () => undefined,
      }),
    };
    for (const member of ['a', 'b']) {
      const stop = new AbortController();
      const done = run({ store, partitions: counting, member }, stop);
      await clock.advance(leaseMs);
      stop.abort();
      await clock.advance(leaseMs);
      await done;
    }
    expect(asked).toEqual(['p']);
    expect(await store.read('p', signal)).toMatchObject({ position: 'p@1', owner: undefined });
  });

  it('rejects with what needs operator action, after it let everything go', async () => {
    const store = createMemoryLeaseStore();
    let allowed = true;
    const revoked: string[] = [];
    const forbidding = {
      ...store,
      list: async () => {
        if (!allowed) throw new StreamError('unauthorized', 'may not list', { where: 'test' });
        return store.list(signal);
      },
    };
    const ended = run({ store: forbidding }, undefined, {
      assigned: () => undefined,
      revoking: async ({ partition }) => void revoked.push(partition),
      lost: () => undefined,
    }).catch((error: unknown) => error);
    await clock.advance(leaseMs);
    allowed = false;
    await clock.advance(leaseMs);

    expect(await ended).toMatchObject({ code: 'unauthorized' });
    expect(revoked).toEqual(['p']);
    expect((await store.read('p', signal))?.owner).toBeUndefined();
  });

  it('rejects for a topic that does not exist', async () => {
    const list = (): Promise<never> => Promise.reject(new StreamError('unknown-topic', 'no', { where: 'test' }));
    await expect(run({ partitions: { ...partitions, list } })).rejects.toMatchObject({ code: 'unknown-topic' });
  });

  it('keeps no lease whose assignment could not be made', async () => {
    const store = createMemoryLeaseStore();
    await expect(run({ store, partitions })).rejects.toMatchObject({ code: 'internal' });
    await clock.advance(2 * leaseMs);
    expect((await store.read('p', signal))?.owner).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it('refuses partitions that wait for each other', async () => {
    const circle = [
      { partition: 'p', after: ['q'] },
      { partition: 'q', after: ['p'] },
    ];
    await expect(run({ partitions: { ...partitions, list: async () => circle } })).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('takes back what it asked for when it leaves', async () => {
    const store = createMemoryLeaseStore();
    const names = ['p', 'q'];
    for (const partition of names) await store.create({ ...freshLease({ partition }, '0'), owner: 'other' }, signal);
    const stop = new AbortController();
    const list = async (): Promise<{ partition: string }[]> => names.map((partition) => ({ partition }));
    const done = run({ store, partitions: { ...partitions, list } }, stop);
    await clock.advance(100);
    expect((await store.list(signal)).map(({ askedBy }) => askedBy)).toEqual([undefined, 'a']);

    stop.abort();
    await clock.advance(100);
    await done;
    expect((await store.list(signal)).map(({ askedBy }) => askedBy)).toEqual([undefined, undefined]);
  });

  it.each([
    ['unauthorized', false],
    ['unavailable', true],
  ] as const)('leaves a partition unfinished whose successors could not get leases: %s', async (code, isOutlasted) => {
    const store = createMemoryLeaseStore();
    const failures: StreamError[] = [];
    const refusing = {
      ...store,
      create: (lease: Lease) => {
        if (lease.partition === 'p' || failures.length === 3) return store.create(lease, signal);
        failures.push(new StreamError(code, 'no', { where: 'test' }));
        return Promise.reject(failures.at(-1) ?? new Error('none'));
      },
    };
    const stop = new AbortController();
    const open = (held: HeldLease): WatermarkAssignment => {
      if (held.partition === 'p') setImmediate(() => held.finish([{ partition: 'q', after: ['p'], position: '7' }]));
      return {
        partition: held.partition,
        fencingToken: undefined,
        read: async () => undefined,
        commit: async () => undefined,
      };
    };
    const ended = run({ store: refusing, partitions: { ...partitions, open } }, stop).catch((error: unknown) => error);
    await clock.advance(2 * leaseMs);
    stop.abort();
    await clock.advance(leaseMs);

    const [p, q] = await Promise.all(['p', 'q'].map((name) => store.read(name, signal)));
    expect(p).toMatchObject({ owner: undefined, isFinished: isOutlasted });
    if (isOutlasted) expect(q).toMatchObject({ position: '7', after: ['p'], owner: undefined });
    else expect(await ended).toMatchObject({ code });
    await ended;
    expect(clock.pending).toBe(0);
  });

  it('does not wait for a list of partitions when it leaves', async () => {
    const stop = new AbortController();
    const done = run({ partitions: { ...partitions, list: () => new Promise(() => undefined) } }, stop);
    await clock.advance(100);
    stop.abort();
    await expect(done).resolves.toBeUndefined();
  });

  it('leaves no timer behind', async () => {
    const stop = new AbortController();
    const done = run({}, stop);
    await clock.advance(3 * leaseMs);
    stop.abort();
    await clock.advance(100);
    await done;
    expect(clock.pending).toBe(0);
  });

  it('refuses a lease that is too short', () => {
    expect(() => void run({ sessionTimeout: 50 })).toThrow(expect.objectContaining({ code: 'invalid-config' }));
  });
});
