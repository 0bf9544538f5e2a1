import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, type Claim, countsOf, decodeClaim, encodeClaim } from '../src/group/assignor.ts';

interface Member {
  readonly name: string;
  readonly owned: readonly number[];
  readonly generation: number;
  readonly isLeaving: boolean;
}

function member({ name, owned, generation, isLeaving }: Member) {
  const userData = encodeClaim({ owned: { t: owned }, generation, isLeaving });
  return { memberId: name, subscription: { topics: ['t'], userData } };
}

function share(members: readonly Member[], count: number): Map<string, readonly number[]> {
  const partitions = Array.from({ length: count }, (_, partition) => partition);
  return new Map(
    [...assign(members.map(member), new Map([['t', partitions]]))].map(([name, assignment]) => [
      name,
      assignment.get('t') ?? [],
    ]),
  );
}

const groups = fc.record({
  partitions: fc.integer({ min: 0, max: 16 }),
  members: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      owned: fc.uniqueArray(fc.nat(20), { maxLength: 16 }),
      generation: fc.integer({ min: -1, max: 5 }),
      isLeaving: fc.boolean(),
    }),
    { minLength: 1, selector: ({ name }) => name },
  ),
});

/** Who is right about a partition: of those that claim it, whoever got it last. */
function holder(members: readonly Member[], partition: number): string | undefined {
  const claims = members.filter(({ owned, generation }) => owned.includes(partition) && generation >= 0);
  const newest = Math.max(...claims.map(({ generation }) => generation));
  return claims.find(({ generation }) => generation === newest)?.name;
}

describe('the cooperative assignor', () => {
  it('gives nobody a partition that another live member holds, and none to two', () => {
    fc.assert(
      fc.property(groups, ({ partitions, members }) => {
        const given = share(members, partitions);
        const all = [...given.values()].flat();
        expect(new Set(all).size).toBe(all.length);
        for (const [name, share_] of given) {
          for (const partition of share_) {
            expect(partition).toBeLessThan(partitions);
            const held = holder(members, partition);
            if (held !== undefined) expect(held).toBe(name);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives nothing to a member that leaves', () => {
    fc.assert(
      fc.property(groups, ({ partitions, members }) => {
        const given = share(members, partitions);
        for (const { name, isLeaving } of members) if (isLeaving) expect(given.get(name)).toEqual([]);
      }),
    );
  });

  it('shares everything fairly after two rounds: what is missing is released, then handed on', () => {
    fc.assert(
      fc.property(groups, ({ partitions, members }) => {
        let group: readonly Member[] = members;
        for (let round = 0; round < 2; round++) {
          const given = share(group, partitions);
          group = group
            .filter(({ isLeaving }) => !isLeaving)
            .map((each) => ({ ...each, owned: given.get(each.name) ?? [], generation: 10 + round }));
        }
        if (group.length === 0) return;
        const final = share(group, partitions);
        const sizes = [...final.values()].map((each) => each.length);
        expect([...final.values()].flat().toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: partitions }, (_, partition) => partition),
        );
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        // Nothing moves any more.
        expect(
          share(
            group.map((each) => ({ ...each, owned: final.get(each.name) ?? [] })),
            partitions,
          ),
        ).toEqual(final);
      }),
      { numRuns: 1_000 },
    );
  });

  it('believes the newest claim: a member that was away does not get back what went on', () => {
    const late = { name: 'a', owned: [0, 1, 2, 3], generation: 4, isLeaving: false };
    const owner = { name: 'b', owned: [2, 3], generation: 5, isLeaving: false };
    expect(share([late, owner], 4)).toEqual(
      new Map([
        ['a', [0, 1]],
        ['b', [2, 3]],
      ]),
    );
    expect(share([owner, late], 4)).toEqual(
      new Map([
        ['b', [2, 3]],
        ['a', [0, 1]],
      ]),
    );
  });

  it('holds back from a newcomer what must be drained first', () => {
    const [first, newcomer] = [
      { name: 'a', owned: [0, 1, 2, 3], generation: 1, isLeaving: false },
      { name: 'b', owned: [], generation: -1, isLeaving: false },
    ];
    expect(share([first, newcomer], 4)).toEqual(
      new Map([
        ['a', [0, 1]],
        ['b', []],
      ]),
    );
    expect(share([{ ...first, owned: [0, 1] }, newcomer], 4)).toEqual(
      new Map([
        ['a', [0, 1]],
        ['b', [2, 3]],
      ]),
    );
  });

  it('gives a topic only to members that read it', () => {
    const userData = encodeClaim({ owned: {}, generation: -1, isLeaving: false });
    const members = [
      { memberId: 'a', subscription: { topics: ['t'], userData } },
      { memberId: 'b', subscription: { topics: ['u'], userData } },
    ];
    const given = assign(
      members,
      new Map([
        ['t', [0, 1]],
        ['u', [0]],
      ]),
    );
    expect(given).toEqual(
      new Map([
        ['a', new Map([['t', [0, 1]]])],
        ['b', new Map([['u', [0]]])],
      ]),
    );
  });
});

describe('a claim', () => {
  it('comes back as it was sent', () => {
    const claim: Claim = { owned: { t: [0, 7] }, generation: 12, isLeaving: true };
    expect(decodeClaim(encodeClaim(claim))).toEqual(claim);
  });

  it('is nothing where the bytes are none, and never breaks the leader', () => {
    const none: Claim = { owned: {}, generation: -1, isLeaving: false };
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({
          owned: fc.oneof(fc.jsonValue(), fc.dictionary(fc.constant('t'), fc.jsonValue())),
          generation: fc.jsonValue(),
          isLeaving: fc.jsonValue(),
        })
        .map((value) => Buffer.from(JSON.stringify(value))),
    );
    expect(decodeClaim(new Uint8Array())).toEqual(none);
    fc.assert(
      fc.property(bytes, (userData) => {
        const members = [
          { memberId: 'a', subscription: { topics: ['t'], userData } },
          { memberId: 'b', subscription: { topics: ['t'], userData: encodeClaim(none) } },
        ];
        const given = assign(members, new Map([['t', [0, 1, 2]]]));
        expect([...given.keys()]).toEqual(['a', 'b']);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what the members tell of their topics', () => {
  const claiming = (memberId: string, topics: readonly string[], counts?: Readonly<Record<string, number>>) => ({
    memberId,
    subscription: {
      topics,
      userData: encodeClaim({
        owned: {},
        generation: -1,
        isLeaving: false,
        ...(counts === undefined ? {} : { counts }),
      }),
    },
  });

  it('counts as the one says who sees most of a topic', () => {
    const members = [claiming('a', ['t'], { t: 4 }), claiming('b', ['t'], { t: 8 }), claiming('c', ['u'], { u: 1 })];
    expect(countsOf(members)).toEqual(
      new Map([
        ['t', 8],
        ['u', 1],
      ]),
    );
  });

  it('counts of its own topics alone, and of none where it is too old to tell', () => {
    expect(countsOf([claiming('a', ['t'], { u: 9 }), claiming('b', ['t'])])).toEqual(new Map());
  });

  it.each([-1, 1.5, 1e12, 'x', null])('is no claim with a count of %j', (count) => {
    const claim = { owned: { t: [1] }, generation: 3, isLeaving: false, counts: { t: count } };
    expect(decodeClaim(Buffer.from(JSON.stringify(claim)))).toEqual({ owned: {}, generation: -1, isLeaving: false });
  });
});
