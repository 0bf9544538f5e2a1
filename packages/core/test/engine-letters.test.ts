import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { NonRetryableError, StreamError } from '../src/errors/stream-error.ts';
import { settled } from './support/manual-clock.ts';
import { gate, openEngine, watch } from './support/open-engine.ts';

const down = (): StreamError => new StreamError('unavailable', 'no broker', { where: 'scripted' });
const hopeless = new NonRetryableError('no such order');

describe('a letter that cannot be written', () => {
  it('blocks its key, and nothing else, until it is written', async () => {
    const { assign, call, clock, letterAnswers, letters, started } = openEngine();
    const lane = await assign('a1', 'a2', 'b1', 'b2');
    letterAnswers.push(down(), down(), down(), down());
    await call('a1').fail(hopeless);
    await call('b1').ok();
    await call('b2').ok();
    await clock.advance(1_000);
    expect([started(), letters]).toEqual([['a1', 'b1', 'b2'], []]);

    await clock.advance(5_000);
    expect(letters.map(({ name }) => name)).toEqual(['a1']);
    expect(started()).toEqual(['a1', 'b1', 'b2', 'a2']);
    expect(lane.commits).toEqual(['a1']);
  });

  it('holds the position of its group back', async () => {
    const { assign, call, clock, letterAnswers } = openEngine();
    const lane = await assign('a1', 'b1', 'c1');
    const written = gate();
    letterAnswers.push(written.promise);
    await call('a1').ok();
    await call('b1').fail(hopeless);
    await call('c1').ok();
    await clock.advance(60_000);
    expect(lane.commits).toEqual(['a1']);

    written.open();
    await clock.advance(200);
    expect(lane.commits).toEqual(['a1', 'c1']);
  });

  it('is told to observers, and tried again no faster than every 50 ms', async () => {
    let tries = 0;
    const failures: unknown[] = [];
    const listen = (message: unknown): void => void failures.push(message);
    subscribe('isostream:consume:dead-letter-failed', listen);
    try {
      const { assign, call, clock } = openEngine(
        { retry: { attempts: 1, backoff: { initial: 0, max: 0 } } },
        {
          deadLetter: () => {
            tries++;
            return Promise.reject(down());
          },
        },
      );
      await assign('a1');
      await call('a1').fail();
      await clock.advance(1_000);
    } finally {
      unsubscribe('isostream:consume:dead-letter-failed', listen);
    }
    expect(tries).toBe(21);
    expect(failures).toHaveLength(21);
    expect(failures[0]).toMatchObject({
      topic: 'orders',
      group: 'billing',
      partition: 'p0',
      position: 'a1',
      attempt: 1,
      error: { code: 'unavailable' },
    });
  });

  it('counts as not written where the attempt throws at once', async () => {
    let tries = 0;
    const { assign, call, clock, engine, started } = openEngine(
      {},
      {
        deadLetter: () => {
          if (++tries < 3) throw new RangeError('invalid time value');
          return Promise.resolve();
        },
      },
    );
    await assign('a1', 'a2', 'b1');
    await call('a1').fail(hopeless);
    await call('b1').ok();
    expect([started(), tries]).toEqual([['a1', 'b1'], 1]);
    await clock.advance(300);
    expect([started(), tries, engine.handled]).toEqual([['a1', 'b1', 'a2'], 3, 2]);
  });

  it('keeps its event unsettled when the consumer closes first', async () => {
    const { assign, call, clock, engine, letterAnswers, letters } = openEngine();
    const lane = await assign('a1', 'b1');
    letterAnswers.push(...Array.from({ length: 100 }, down));
    await call('a1').fail(hopeless);
    await call('b1').ok();
    const closed = watch(engine.close(2_000));
    await clock.advance(2_000);
    expect([closed.state, letters, lane.commits]).toEqual(['resolved', [], []]);
  });

  it('has no effect here if it is written after its lane was lost', async () => {
    const { assign, source, call, clock, engine, letterAnswers, letters, started } = openEngine();
    const lane = await assign('a1');
    const written = gate();
    letterAnswers.push(written.promise);
    await call('a1').fail(hopeless);
    source.lose(lane);
    await assign('a1');
    expect(started()).toEqual(['a1']);

    written.open();
    await settled();
    expect(started()).toEqual(['a1', 'a1']);
    await clock.advance(1_000);
    expect([letters.length, engine.handled, lane.commits]).toEqual([1, 0, []]);
  });
});
