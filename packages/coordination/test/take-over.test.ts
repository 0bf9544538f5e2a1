import { StreamError } from '@isostream/core/adapter';
import { expect, it } from 'vitest';
import type { LeaseStore } from '../src/lease-store.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';
import { imbalance } from './support/history.ts';
import { leaseMs, SimulatedGroup } from './support/simulated-group.ts';

const partitions = Array.from({ length: 12 }, (_, index) => `p${index}`);

/** From the crash of one of three members until the others read all that it had, in parts of `sessionTimeout`. */
async function takeOver(seed: number): Promise<number> {
  const group = new SimulatedGroup({ seed, partitions });
  for (const member of ['a', 'b', 'c']) group.join(member);
  await group.until(() => imbalance(partitions, group.shares).length === 0, 5 * leaseMs);
  // Crashes come at any time.
  await group.clock.advance(2 * leaseMs + ((seed * 37) % leaseMs));
  group.pause('c');
  const crashedAt = group.clock.monotonic();
  const others = (): number => ['a', 'b'].reduce((sum, member) => sum + (group.shares.get(member)?.length ?? 0), 0);
  await group.until(() => others() === partitions.length, 5 * leaseMs);
  expect(others()).toBe(partitions.length);
  const took = (group.clock.monotonic() - crashedAt) / leaseMs;
  await group.end();
  return took;
}

it('takes over what a crashed member had as soon as its leases run out', async () => {
  const took: number[] = [];
  for (let seed = 1; seed <= 60; seed++) took.push(await takeOver(seed));
  took.sort((one, other) => one - other);

  expect(took[30]).toBeLessThanOrEqual(1.2);
  expect(took.at(-1)).toBeLessThanOrEqual(1.35);
});

it('asks a store that is away no more often than one that answers', async () => {
  const inner = createMemoryLeaseStore();
  let lists = 0;
  let isAway = false;
  const store: LeaseStore = {
    ...inner,
    async list(signal) {
      lists++;
      if (isAway) throw new StreamError('unavailable', 'the store is away', { where: 'test' });
      return inner.list(signal);
    },
  };
  const group = new SimulatedGroup({ seed: 1, partitions, store });
  for (const member of ['a', 'b']) group.join(member);
  await group.until(() => imbalance(partitions, group.shares).length === 0, 5 * leaseMs);
  isAway = true;
  lists = 0;
  await group.clock.advance(5 * leaseMs);
  const asked = lists;
  isAway = false;
  await group.until(() => imbalance(partitions, group.shares).length === 0, 5 * leaseMs);
  await group.end();

  // Some look for each of a dozen leases as it runs out, and then the usual ones.
  expect(asked).toBeLessThan(2 * 5 * 20);
});
