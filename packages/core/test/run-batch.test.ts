import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../src/consume/options.ts';
import { batched } from '../src/consume/run-batch.ts';
import { handlerContext } from './support/handler-context.ts';
import { ManualClock, settled } from './support/manual-clock.ts';
import { gate, openEngine, watch } from './support/open-engine.ts';

interface Event {
  readonly name: string;
}

describe('a batch', () => {
  it('is handed out as soon as it is full', async () => {
    const { add, batches } = open({ maxEvents: 3 });
    void add('a', 'b');
    expect(batches).toEqual([]);
    void add('c', 'd');
    expect(batches.map(names)).toEqual([['a', 'b', 'c']]);
  });

  it('is handed out incomplete when its oldest event has waited long enough', async () => {
    const { add, batches, clock } = open({ maxEvents: 3, maxWaitMs: 250 });
    void add('a');
    await clock.advance(200);
    void add('b');
    await clock.advance(49);
    expect(batches).toEqual([]);
    await clock.advance(1);
    expect(batches.map(names)).toEqual([['a', 'b']]);
  });

  it('that was full does not cut the wait of the next', async () => {
    const { add, batches, clock } = open({ maxEvents: 2, maxWaitMs: 250 });
    void add('a');
    await clock.advance(200);
    void add('b', 'c');
    await clock.advance(249);
    expect(batches.map(names)).toEqual([['a', 'b']]);
    await clock.advance(1);
    expect(batches.map(names)).toEqual([['a', 'b'], ['c']]);
  });

  it('settles all its events when its handler returns', async () => {
    const done = gate();
    const { add } = open({ maxEvents: 2 }, () => done.promise);
    const results = add('a', 'b').map(watch);
    await settled();
    expect(results.map(({ state }) => state)).toEqual(['pending', 'pending']);
    done.open();
    await settled();
    expect(results.map(({ state }) => state)).toEqual(['resolved', 'resolved']);
  });

  it('fails those that are failed by name, with their own error, and settles the others', async () => {
    const refused = new Error('b is refused');
    const { add } = open({ maxEvents: 3 }, (batch) => {
      const [, second] = batch.events;
      if (second !== undefined) batch.fail(second, refused);
    });
    const results = await Promise.allSettled(add('a', 'b', 'c'));
    expect(results).toEqual([
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: refused },
      { status: 'fulfilled', value: undefined },
    ]);
  });

  it.each([
    [
      'throws',
      (error: Error): never => {
        throw error;
      },
    ],
    ['rejects', (reason: Error): Promise<never> => Promise.reject(reason)],
  ])('fails all that were not failed by name when its handler %s', async (_, end) => {
    const [own, general] = [new Error('a is refused'), new Error('db is down')];
    const { add } = open({ maxEvents: 2 }, (batch) => {
      const [first] = batch.events;
      if (first !== undefined) batch.fail(first, own);
      return end(general);
    });
    const results = await Promise.allSettled(add('a', 'b'));
    expect(results.map((result): unknown => result.status === 'rejected' && result.reason)).toEqual([own, general]);
  });

  it('cannot be asked for events of others', async () => {
    const { add } = open({ maxEvents: 1 }, (batch) => batch.fail({ name: 'a' }, new Error('x')));
    await expect(add('a')[0]).rejects.toThrow('not in the batch');
  });

  it('knows the context of each event, and aborts with any of them', async () => {
    const { add, batches, contexts } = open({ maxEvents: 2 }, () => new Promise(() => undefined));
    void add('a', 'b');
    const batch = found(batches[0]);
    expect(batch.events.map((event) => batch.context(event).position)).toEqual(['a', 'b']);
    const { signal } = batch;
    expect(signal.aborted).toBe(false);
    contexts.get('b')?.abort(new Error('lane lost'));
    expect(signal.aborted).toBe(true);
  });

  it('leaves out what was taken back before it went out', async () => {
    const { add, batches, contexts, clock } = open({ maxEvents: 3, maxWaitMs: 250 });
    const lost = new Error('lane lost');
    const [first, second] = add('a', 'b').map((result) =>
      result.then(
        () => 'settled',
        (error: unknown) => error,
      ),
    );
    contexts.get('a')?.abort(lost);
    await clock.advance(250);
    expect(batches.map(names)).toEqual([['b']]);
    expect(await first).toBe(lost);
    expect(await second).toBe('settled');
  });

  it('is not handed out when nothing of it is left', async () => {
    const { add, batches, contexts, clock } = open({ maxEvents: 3, maxWaitMs: 250 });
    const results = Promise.allSettled(add('a'));
    contexts.get('a')?.abort(new Error('lane lost'));
    await clock.advance(250);
    await results;
    expect(batches).toEqual([]);
    void add('b');
    await clock.advance(250);
    expect(batches.map(names)).toEqual([['b']]);
  });

  it('holds every event once, in order, none too many and none too late', async () => {
    const arrivals = fc.array(fc.record({ wait: fc.nat(400), count: fc.integer({ min: 1, max: 5 }) }), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 6 }), async (steps, maxEvents) => {
        const times: number[] = [];
        const { add, batches, clock } = open({ maxEvents, maxWaitMs: 250 }, () => void times.push(clock.monotonic()));
        const arrived = new Map<string, number>();
        for (const { wait, count } of steps) {
          await clock.advance(wait);
          for (let number = 0; number < count; number++) {
            const name = String(arrived.size);
            arrived.set(name, clock.monotonic());
            void add(name);
          }
        }
        await clock.advance(250);
        expect(batches.flatMap(names)).toEqual([...arrived.keys()]);
        for (const [index, batch] of batches.entries()) {
          const waited = (times[index] ?? Infinity) - (arrived.get(batch.events[0]?.name ?? '') ?? 0);
          expect(batch.events.length).toBeLessThanOrEqual(maxEvents);
          expect(waited).toBeLessThanOrEqual(250);
          if (batch.events.length < maxEvents) expect(waited).toBe(250);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('batches of an engine', () => {
  it('hold one event of a key, and retry what failed in a later batch', async () => {
    const batches: string[][] = [];
    const clock = new ManualClock();
    const handle = batched<Event>({ maxEvents: 4, maxWaitMs: 250, clock, isPaused: () => false }, (batch) => {
      batches.push(names(batch));
      if (batches.length > 1) return;
      for (const event of batch.events) if (event.name === 'b1') batch.fail(event, new Error('b1 is refused'));
    });
    const { assign, started } = openEngine(
      { concurrency: 4 },
      { clock, process: (stored, context) => handle({ name: stored.position }, context) },
    );
    const lane = await assign('a1', 'a2', 'b1', 'b2', 'c1');
    await clock.advance(250);
    expect([batches, started()]).toEqual([[['a1', 'b1', 'c1']], []]);

    await clock.advance(100);
    await clock.advance(150);
    expect(batches[1]).toEqual(['a2', 'b1']);
    await clock.advance(500);
    expect(batches).toEqual([['a1', 'b1', 'c1'], ['a2', 'b1'], ['b2']]);
    expect(lane.commits.at(-1)).toBe('c1');
  });
});

function open(
  options: { readonly maxEvents: number; readonly maxWaitMs?: number },
  handle: (batch: Batch<Event>) => unknown = () => undefined,
) {
  const clock = new ManualClock();
  const batches: Batch<Event>[] = [];
  const contexts = new Map<string, ReturnType<typeof handlerContext>>();
  const handler = batched<Event>({ maxWaitMs: 1_000, clock, isPaused: () => false, ...options }, (batch) => {
    batches.push(batch);
    return handle(batch);
  });
  const add = (...given: readonly string[]): Promise<unknown>[] =>
    given.map((name) => {
      const context = handlerContext(name);
      contexts.set(name, context);
      const result = Promise.resolve(handler({ name }, context));
      result.catch(() => undefined);
      return result;
    });
  return { add, batches, contexts, clock };
}

function names(batch: Batch<Event>): string[] {
  return batch.events.map(({ name }) => name);
}

function found<Item>(item: Item | undefined): Item {
  if (item === undefined) throw new Error('there is none');
  return item;
}
