import type { CapacityDemand, CapacityModel } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { planCapacity } from '../src/index.ts';

const demand: CapacityDemand = {
  ...{
    eventsPerSecond: 1_000,
    eventBytes: 1_000,
    groups: 2,
    retentionMs: 60_000,
    hottestKey: 0.1,
    headroom: 0,
    copies: 3,
  },
};
const limit = (per: 'partition' | 'unit' | 'key' | 'topic', what: string, most: number, taken: number) => ({
  ...{ per, what, limit: most, demand: taken, unit: 'bytes/s', formula: 'f', source: 's' },
});
const model = (limits: CapacityModel['limits'], more: Partial<CapacityModel> = {}): CapacityModel => ({
  ...{ partition: 'shard', limits, most: {}, costs: [], notes: [] },
  ...more,
});

describe('capacity', () => {
  it('takes what the tightest limit asks for, and leaves the headroom free', () => {
    const limits = [limit('partition', 'written', 1_000, 2_500), limit('partition', 'read', 1_000, 3_100)];
    expect(planCapacity(model(limits), demand)).toMatchObject({ partitions: 4, units: null, first: 'read per shard' });
    expect(planCapacity(model(limits), { ...demand, headroom: 0.5 })).toMatchObject({
      partitions: 7,
      limits: [{ needs: 5 }, { needs: 7 }],
    });
  });

  it('counts units beside partitions, and says what is beyond the most of them', () => {
    const limits = [limit('partition', 'written', 1_000, 5_000), limit('unit', 'read', 1_000, 9_000)];
    const plan = planCapacity(model(limits, { unit: 'unit', most: { partitions: 4, units: 8 } }), demand);
    expect(plan).toMatchObject({ partitions: 5, units: 9 });
    expect(plan.problems).toEqual([
      '5 shards are needed, a topic has 4 at most. Divide it into several topics',
      '9 units are needed, there are 8 at most. Take a higher tier',
    ]);
  });

  it('says what more partitions do not cure: a key, a topic, and handlers of one key', () => {
    const limits = [limit('key', 'of one key', 1_000, 1_500), limit('topic', 'groups', 5, 4)];
    const { problems } = planCapacity(model(limits), demand, { ms: 20, concurrency: 4 });
    expect(problems).toEqual([
      'of one key: 1,500 bytes/s, the limit is 1,000',
      expect.stringMatching(/^handlers of the hottest key: 2 would have to run at a time/),
    ]);
  });

  it('says that an event is larger than the provider takes', () => {
    expect(planCapacity(model([], { most: { eventBytes: 1_000 } }), demand).problems).toEqual([]);
    expect(planCapacity(model([], { most: { eventBytes: 999 } }), demand).problems).toEqual([
      'an event of 1,000 bytes: 999 are taken at most. Store large data elsewhere, and send where it is',
    ]);
  });

  it('counts handlers and members, which are no more than partitions', () => {
    const plan = planCapacity(model([limit('partition', 'written', 1_000, 900)]), demand, { ms: 20, concurrency: 4 });
    expect(plan).toMatchObject({ handlers: 20, members: 5, partitions: 5 });
    expect(planCapacity(model([]), demand)).toMatchObject({ handlers: null, members: null, storedBytes: 60_000_000 });
  });

  it('fills in what is billed by partition and unit', () => {
    const cost = { what: 'hours', unit: 'shards', formula: 'f', source: 's' };
    const costs = [
      { ...cost, amount: 'partitions' as const },
      { ...cost, amount: 7 },
    ];
    const plan = planCapacity(model([limit('partition', 'written', 1_000, 2_500)], { costs }), demand);
    expect(plan.costs.map(({ amount }) => amount)).toEqual([3, 7]);
  });

  it.each([
    ['eventsPerSecond', 0],
    ['eventBytes', Number.NaN],
    ['groups', -1],
    ['hottestKey', 2],
    ['headroom', 1],
  ])('refuses a demand that means nothing: %s of %d', (name, value) => {
    expect(() => planCapacity(model([]), { ...demand, [name]: value })).toThrow(
      expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining(name) }),
    );
  });
});
