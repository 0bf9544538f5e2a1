import { describe, expect, it } from 'vitest';
import type { Lease } from '../src/lease.ts';
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
