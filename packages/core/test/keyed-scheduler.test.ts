import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedScheduler } from '../src/consume/keyed-scheduler.ts';

interface Work {
  readonly slot: string | undefined;
  readonly number: number;
}

describe('keyed scheduler', () => {
  it('runs the oldest of a key only, and other keys meanwhile', () => {
    const scheduler = new KeyedScheduler<Work>();
    const [a1, a2, b1] = [work('a', 1), work('a', 2), work('b', 3)];
    for (const task of [a1, a2, b1]) scheduler.add(task);

    expect([scheduler.next(), scheduler.next(), scheduler.next()]).toEqual([a1, b1, undefined]);
    scheduler.finished(a1);
    expect(scheduler.next()).toBe(a2);
  });

  it('keeps the slot between two attempts', () => {
    const scheduler = new KeyedScheduler<Work>();
    const [a1, a2] = [work('a', 1), work('a', 2)];
    scheduler.add(a1);
    scheduler.add(a2);
    scheduler.next();

    expect(scheduler.next()).toBeUndefined();
    scheduler.again(a1);
    expect(scheduler.next()).toBe(a1);
  });

  it('lets everything without a slot run at once', () => {
    const scheduler = new KeyedScheduler<Work>();
    for (const number of [1, 2, 3]) scheduler.add(work(undefined, number));
    expect([1, 2, 3].map(() => scheduler.next()?.number)).toEqual([1, 2, 3]);
  });

  it('hands a slot on when its runnable task is discarded', () => {
    const scheduler = new KeyedScheduler<Work>();
    const [a1, a2] = [work('a', 1), work('a', 2)];
    scheduler.add(a1);
    scheduler.add(a2);

    expect(scheduler.discard((task) => task === a1)).toEqual([a1]);
    expect(scheduler.next()).toBe(a2);
  });

  it('never runs two of a key at once and keeps the order of each key, whatever the interleaving', () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('add' as const),
        slot: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
      }),
      fc.record({ do: fc.constantFrom('start' as const, 'finish' as const, 'fail' as const), pick: fc.nat(20) }),
      fc.record({ do: fc.constant('discard' as const), parity: fc.nat(1) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const scheduler = new KeyedScheduler<Work>();
        const running: Work[] = [];
        const started = new Map<string, number>();
        let numbers = 0;
        for (const move of steps) {
          if (move.do === 'add') scheduler.add(work(move.slot, ++numbers));
          else if (move.do === 'start') {
            const task = scheduler.next();
            if (task === undefined) continue;
            expect(running.filter(({ slot }) => slot !== undefined && slot === task.slot)).toEqual([]);
            if (task.slot !== undefined) {
              expect(task.number).toBeGreaterThanOrEqual(started.get(task.slot) ?? 0);
              started.set(task.slot, task.number);
            }
            running.push(task);
          } else if (move.do === 'discard') scheduler.discard(({ number }) => number % 2 === move.parity);
          else if (running.length > 0) {
            const [task] = running.splice(move.pick % running.length, 1);
            if (task === undefined) continue;
            if (move.do === 'finish') scheduler.finished(task);
            else scheduler.again(task);
          }
        }
      }),
    );
  });

  it('loses nothing: everything added comes out once when all are finished', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }), { maxLength: 100 }),
        (slots) => {
          const scheduler = new KeyedScheduler<Work>();
          for (const [number, slot] of slots.entries()) scheduler.add(work(slot, number));
          const seen: number[] = [];
          for (let task = scheduler.next(); task !== undefined; task = scheduler.next()) {
            seen.push(task.number);
            scheduler.finished(task);
          }
          expect(seen.toSorted((one, other) => one - other)).toEqual(slots.map((_, number) => number));
        },
      ),
    );
  });
});

function work(slot: string | undefined, number: number): Work {
  return { slot, number };
}
