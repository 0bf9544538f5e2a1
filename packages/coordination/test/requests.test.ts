import { expect, it } from 'vitest';
import { countingStore } from './support/counting-store.ts';
import { imbalance } from './support/history.ts';
import { SimulatedGroup } from './support/simulated-group.ts';

const sessionTimeout = 10_000;

function partitionsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `shardId-${String(index).padStart(12, '0')}`);
}

function isFair(group: SimulatedGroup, members: number): boolean {
  return group.shares.size === members && imbalance(group.names, group.shares).length === 0;
}

it.each([0, 200])('members that start together within %d ms are seldom refused a lease', async (withinMs) => {
  const sums = { creates: 0, refusedCreates: 0, takes: 0, refusedTakes: 0 };
  for (let seed = 1; seed <= 4; seed++) {
    const { store, counts } = countingStore();
    const group = new SimulatedGroup({ seed, partitions: partitionsOf(64), store, sessionTimeout });
    for (let member = 0; member < 8; member++) {
      const name = `isostream-${seed}${member}/${seed * 7_919 + member}`;
      if (withinMs === 0) group.join(name);
      else group.clock.timer(Math.floor(group.random() * withinMs), () => group.join(name));
    }
    await group.until(() => isFair(group, 8), sessionTimeout);
    for (const name of ['creates', 'refusedCreates', 'takes', 'refusedTakes'] as const) sums[name] += counts[name];
    await group.end();
  }
  expect(sums.refusedCreates / sums.creates).toBeLessThan(0.2);
  expect(sums.refusedTakes / sums.takes).toBeLessThan(0.2);
});

it.each([
  [1, 6],
  [3, 24],
])('%d members at rest list the leases at most so many times per minute each: %d', async (members, most) => {
  const { store, counts } = countingStore();
  const group = new SimulatedGroup({ seed: 5, partitions: partitionsOf(12), store, sessionTimeout });
  for (let member = 0; member < members; member++) group.join(`m${member}/1`);
  await group.until(() => isFair(group, members), 2 * sessionTimeout);
  const before = counts.lists;
  const minutes = 3;
  await group.clock.advance(minutes * 60_000);
  const perMinute = (counts.lists - before) / minutes / members;
  await group.end();

  // A minute has six times `sessionTimeout`, and discovery looks a second time.
  const discoveries = 60_000 / (2 * sessionTimeout);
  expect(perMinute).toBeLessThanOrEqual(most + discoveries);
});
