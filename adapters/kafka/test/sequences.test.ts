import type { LaneBatch } from '@isostream/core/adapter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sequences } from '../src/produce/sequences.ts';

let names = 0;

function batch(lane = '0', events = 1): LaneBatch & { readonly name: number } {
  return {
    name: ++names,
    lane,
    events: Array.from({ length: events }, () => ({ key: null, value: null, headers: [] })),
  };
}

/** One partition as a broker keeps it: the next number of each producer id, and the last five batches of each. */
class BrokerLog {
  readonly stored: number[] = [];
  readonly #producers = new Map<string, { next: number; recent: { first: number; length: number; at: number }[] }>();

  /** Where it was stored; `undefined` for a number that does not follow. */
  append(identity: string, first: number, { name, events }: LaneBatch & { readonly name: number }): number | undefined {
    let producer = this.#producers.get(identity);
    if (producer === undefined) this.#producers.set(identity, (producer = { next: first, recent: [] }));
    const seen = producer.recent.find((each) => each.first === first && each.length === events.length);
    if (seen !== undefined) return seen.at;
    if (first !== producer.next) return undefined;
    const at = this.stored.length;
    this.stored.push(name);
    producer.next = (first + events.length) % 2 ** 31;
    producer.recent = [...producer.recent, { first, length: events.length, at }].slice(-5);
    return at;
  }
}

describe('sequences of an idempotent producer', () => {
  it('number the batches of each partition on their own', () => {
    const sequences = new Sequences<string>();
    const [a, b, c] = [batch('0', 3), batch('0', 2), batch('1', 4)];
    for (const each of [a, b, c]) sequences.assign(each, 'one');
    expect([a, b, c].map((each) => sequences.first(each))).toEqual([0, 3, 0]);
  });

  it('keep a batch’s number for every attempt, also when the identity changed meanwhile', () => {
    const sequences = new Sequences<string>();
    const first = batch('0', 3);
    sequences.assign(first, 'one');
    sequences.doubt(first);
    sequences.assign(first, 'two');
    expect(sequences.byIdentity([first])).toEqual(new Map([['one', [first]]]));
    expect([sequences.first(first), sequences.isDoubtful(first)]).toEqual([0, true]);
  });

  it('give a number that was surely not used to what comes next', () => {
    const sequences = new Sequences<string>();
    const [refused, next] = [batch('0', 3), batch('0', 1)];
    sequences.assign(refused, 'one');
    sequences.takeBack(refused);
    sequences.assign(next, 'one');
    expect(sequences.first(next)).toBe(0);
  });

  it('start again under another identity once a numbered batch is given up, in its partition alone', () => {
    const sequences = new Sequences<string>();
    const [given, other] = [batch('0', 3), batch('1', 3)];
    for (const each of [given, other]) sequences.assign(each, 'one');
    sequences.doubt(given);
    expect(sequences.abandon(given)).toBe(true);

    const [next, beside] = [batch('0'), batch('1')];
    for (const each of [next, beside]) sequences.assign(each, 'two');
    expect(sequences.byIdentity([next, beside])).toEqual(
      new Map([
        ['two', [next]],
        ['one', [beside]],
      ]),
    );
    expect([sequences.first(next), sequences.first(beside)]).toEqual([0, 3]);
  });

  it('need no other identity for a batch that was never numbered', () => {
    const sequences = new Sequences<string>();
    const [one, two] = [batch(), batch()];
    expect(sequences.abandon(one)).toBe(false);
    sequences.assign(two, 'one');
    sequences.takeBack(two);
    expect(sequences.abandon(two)).toBe(false);
  });

  it('wrap behind 2,147,483,647 as Kafka’s do', () => {
    const sequences = new Sequences<string>();
    // Sparse: only its length counts, and takes no memory.
    const events: LaneBatch['events'][number][] = [];
    events.length = 2 ** 31 - 2;
    const huge: LaneBatch = { lane: '0', events };
    const [across, after] = [batch('0', 5), batch()];
    for (const each of [huge, across, after]) sequences.assign(each, 'one');
    expect([sequences.first(across), sequences.first(after)]).toEqual([2_147_483_646, 3]);
  });

  it('let a broker store every acknowledged batch exactly once and in order, whatever answers are lost', () => {
    const fates = fc.constantFrom('ok', 'lost answer', 'lost request', 'refused', 'abandon');
    fc.assert(
      fc.property(
        fc.array(fc.record({ events: fc.integer({ min: 1, max: 4 }), fates: fc.array(fates, { maxLength: 4 }) }), {
          maxLength: 30,
        }),
        (plan) => {
          const sequences = new Sequences<string>();
          const log = new BrokerLog();
          const acknowledged: number[] = [];
          let identity = 'id-0';
          let identities = 0;
          for (const { events, fates: script } of plan) {
            const each = batch('0', events);
            for (const fate of [...script, 'ok']) {
              if (fate === 'abandon') {
                if (sequences.abandon(each)) identity = `id-${++identities}`;
                break;
              }
              sequences.assign(each, identity);
              if (fate === 'lost request') sequences.doubt(each);
              else if (fate === 'refused') {
                if (!sequences.isDoubtful(each)) sequences.takeBack(each);
              } else {
                const [owner] = [...sequences.byIdentity([each]).keys()];
                const at = log.append(owner ?? 'none', sequences.first(each), each);
                expect(at, 'the broker must take the number').toBeDefined();
                if (fate === 'lost answer') sequences.doubt(each);
                else {
                  expect(log.stored[at ?? -1]).toBe(each.name);
                  acknowledged.push(each.name);
                  sequences.stored(each);
                  break;
                }
              }
            }
          }
          expect(new Set(log.stored).size).toBe(log.stored.length);
          expect(log.stored.filter((name) => acknowledged.includes(name))).toEqual(acknowledged);
        },
      ),
      { numRuns: 500 },
    );
  });
});
