import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freshLease, type Lease, takenBy } from '../src/lease.ts';
import { LeaseWatch, type SeenLease } from '../src/lease-watch.ts';
import { plan } from '../src/plan.ts';

const leaseMs = 1_000;

function lease(partition: string, change: Partial<Lease> = {}): Lease {
  return { ...freshLease({ partition }, '0'), ...change };
}

function seen(leases: readonly Lease[], idleMs = 0): SeenLease[] {
  return leases.map((one) => ({ lease: one, idleMs }));
}

function decide(member: string, leases: readonly SeenLease[], held: string[] = []): { take: string[]; ask: string[] } {
  const { take, ask } = plan({ member, leaseMs, seen: leases, held: new Set(held) });
  return { take: take.map(({ partition }) => partition), ask: ask.map(({ partition }) => partition) };
}

describe('what a member takes and asks for', () => {
  it('is all of it where nobody else is', () => {
    expect(decide('a', seen([lease('p'), lease('q')]))).toEqual({ take: ['p', 'q'], ask: [] });
  });

  it('is no more than a fair share of the others', () => {
    const leases = ['p', 'q', 'r', 's'].map((name) => lease(name, { owner: 'a' }));
    expect(decide('b', seen(leases))).toEqual({ take: [], ask: ['r', 's'] });
    expect(decide('a', seen(leases), ['p', 'q', 'r', 's'])).toEqual({ take: [], ask: [] });
  });

  it('is not asked for twice, and not taken while its owner may live', () => {
    const leases = [lease('p', { owner: 'a' }), lease('q', { owner: 'a', askedBy: 'b' })];
    expect(decide('b', seen(leases, leaseMs - 1))).toEqual({ take: [], ask: [] });
  });

  it('is what a dead owner left', () => {
    expect(decide('b', seen([lease('p', { owner: 'a' })], leaseMs))).toEqual({ take: ['p'], ask: [] });
  });

  it('is what it holds by the store and not in truth', () => {
    expect(decide('a', seen([lease('p', { owner: 'a' })]))).toEqual({ take: ['p'], ask: [] });
    expect(decide('a', seen([lease('p', { owner: 'a' })]), ['p'])).toEqual({ take: [], ask: [] });
  });

  it('leaves what was released for another, for as long as that one may live', () => {
    const leases = [lease('p', { owner: 'a' }), lease('q', { askedBy: 'b' })];
    expect(decide('a', seen(leases), ['p'])).toEqual({ take: [], ask: [] });
    expect(decide('b', seen(leases))).toEqual({ take: ['q'], ask: [] });
    const late = [...seen([lease('p', { owner: 'a' })]), ...seen([lease('q', { askedBy: 'b' })], leaseMs)];
    expect(decide('a', late, ['p'])).toEqual({ take: ['q'], ask: [] });
  });

  it('is anything that nobody took although somebody should have', () => {
    const leases = [...seen([lease('p', { owner: 'a' }), lease('r', { owner: 'b' })])];
    const orphan = (idleMs: number): SeenLease[] => [...leases, ...seen([lease('q')], idleMs)];
    const takers = (idleMs: number): string[] =>
      ['a', 'b'].filter((name) => decide(name, orphan(idleMs), [name === 'a' ? 'p' : 'r']).take.includes('q'));
    expect(takers(2 * leaseMs - 1)).toHaveLength(1);
    expect(takers(2 * leaseMs)).toHaveLength(2);
  });

  it('is nothing that has ended, or that continues what has not', () => {
    const leases = [lease('parent'), lease('child', { after: ['parent'] })];
    expect(decide('a', seen(leases)).take).toEqual(['parent']);
    expect(decide('a', seen([lease('parent', { isFinished: true }), ...leases.slice(1)])).take).toEqual(['child']);
    expect(decide('a', seen(leases.slice(1))).take).toEqual(['child']);
    const merged = [
      lease('one', { isFinished: true }),
      lease('two', { owner: 'b' }),
      lease('both', { after: ['one', 'two'] }),
    ];
    expect(decide('a', seen(merged)).take).toEqual([]);
  });

  it('leads to fair shares without an orphan in a few rounds, wherever it begins, and then to nothing', () => {
    const owners = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'dead')), { minLength: 1, maxLength: 24 });
    const order = fc.shuffledSubarray(['a', 'b', 'c', 'd'], { minLength: 1 });
    fc.assert(
      fc.property(owners, order, (begin, members) => {
        const leases = new Map(
          begin.map((owner, index) => [`p${index}`, lease(`p${index}`, { owner: owner ?? undefined })]),
        );
        const moves = Array.from({ length: 8 }, () => round(leases, members)).map(({ length }) => length);
        expect(moves.at(-1)).toBe(0);
        const shares = members.map((name) => [...leases.values()].filter(({ owner }) => owner === name).length);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(begin.length);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

/** Each member decides once, on what is stored then; an owner lets go at once of what it is asked for. */
function round(leases: Map<string, Lease>, members: readonly string[]): string[] {
  const moves: string[] = [];
  for (const member of members) {
    const all = [...leases.values()];
    const isAlive = ({ owner }: Lease): boolean => owner === undefined || members.includes(owner);
    const now = all.map((one) => ({ lease: one, idleMs: isAlive(one) ? 0 : leaseMs }));
    const held = all.filter(({ owner }) => owner === member).map(({ partition }) => partition);
    const { take, ask } = decide(member, now, held);
    moves.push(...take, ...ask);
    for (const one of all) {
      if (take.includes(one.partition)) leases.set(one.partition, takenBy(one, member));
      if (ask.includes(one.partition)) leases.set(one.partition, { ...one, owner: undefined, askedBy: member });
    }
  }
  return moves;
}

describe('how long a lease stood still', () => {
  it('is counted from the arrival of its counter to the request of the last list', () => {
    const watch = new LeaseWatch();
    expect(watch.look([lease('p', { counter: 4 })], 100, 130)[0]?.idleMs).toBe(0);
    expect(watch.look([lease('p', { counter: 4 })], 500, 540)[0]?.idleMs).toBe(370);
    expect(watch.look([lease('p', { counter: 5 })], 900, 930)[0]?.idleMs).toBe(0);
    expect(watch.look([lease('p', { counter: 5 })], 1_000, 1_030)[0]?.idleMs).toBe(70);
  });

  it('does not begin anew because somebody asked for it, but does when it is taken', () => {
    const watch = new LeaseWatch();
    const held = lease('p', { owner: 'a', token: 3, counter: 3 });
    watch.look([held], 0, 0);
    const asked = { ...held, counter: 4, askedBy: 'b' };
    expect(watch.look([asked], 100, 100)[0]?.idleMs).toBe(100);
    expect(watch.look([{ ...asked, counter: 5 }], 200, 200)[0]?.idleMs).toBe(0);
    expect(watch.look([{ ...asked, counter: 7, askedBy: undefined }], 300, 300)[0]?.idleMs).toBe(0);
    watch.look([asked], 400, 400);
    expect(watch.look([takenBy(asked, 'b')], 500, 500)[0]?.idleMs).toBe(0);
    watch.look([asked], 600, 600);
    expect(watch.look([{ ...asked, counter: 5, owner: undefined }], 700, 700)[0]?.idleMs).toBe(0);
  });

  it('begins anew for a lease that was away', () => {
    const watch = new LeaseWatch();
    watch.look([lease('p')], 0, 0);
    watch.look([], 50, 50);
    expect(watch.look([lease('p')], 100, 100)[0]?.idleMs).toBe(0);
  });
});
