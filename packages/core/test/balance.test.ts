import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balance } from '../src/group/balance.ts';

const groups = fc.record({
  partitions: fc.uniqueArray(fc.nat(40).map(String), { maxLength: 24 }),
  members: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 }),
  claims: fc.array(fc.tuple(fc.nat(40).map(String), fc.nat(4)), { maxLength: 40 }),
});

describe('balance', () => {
  it('gives every partition to exactly one member, in shares that differ by at most one, and is stable', () => {
    fc.assert(
      fc.property(groups, ({ partitions, members, claims }) => {
        const held = new Map<string, string[]>(members.map((name) => [name, []]));
        for (const [partition, index] of claims) held.get(members[index % members.length] ?? '')?.push(partition);
        const target = balance(partitions, held);
        const given = [...target.values()].flat();
        expect(given).toHaveLength(partitions.length);
        expect(new Set(given)).toEqual(new Set(partitions));
        const sizes = [...target.values()].map((share) => share.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(balance(partitions, target)).toEqual(target);
      }),
    );
  });

  it('moves only what a newcomer needs', () => {
    const target = balance(
      ['0', '1', '2', '3'],
      new Map([
        ['a', ['0', '1', '2', '3']],
        ['b', []],
      ]),
    );
    expect(target).toEqual(
      new Map([
        ['a', ['0', '1']],
        ['b', ['2', '3']],
      ]),
    );
  });
});
