import { describe, expect, it } from 'vitest';
import { NonRetryableError, StreamError } from '../src/errors/stream-error.ts';
import { DecodeFailure } from '../src/retry/policy.ts';
import { settled } from './support/manual-clock.ts';
import { openEngine } from './support/open-engine.ts';

describe('order', () => {
  it('hands out the next event of a key when the one before is settled, and other keys meanwhile', async () => {
    const { assign, call, started } = openEngine();
    await assign('a1', 'a2', 'b1', 'a3', 'b2');
    expect(started()).toEqual(['a1', 'b1']);

    await call('b1').ok();
    expect(started()).toEqual(['a1', 'b1', 'b2']);
    await call('a1').ok();
    expect(started()).toEqual(['a1', 'b1', 'b2', 'a2']);
    await call('a2').ok();
    expect(started()).toEqual(['a1', 'b1', 'b2', 'a2', 'a3']);
  });

  it('runs events without a key at once', async () => {
    const { assign, started } = openEngine();
    await assign('-1', '-2', '-3');
    expect(started()).toEqual(['-1', '-2', '-3']);
  });

  it('runs no more handlers than concurrency', async () => {
    const { assign, call, started } = openEngine({ concurrency: 2 });
    await assign('a1', 'b1', 'c1', 'd1');
    expect(started()).toEqual(['a1', 'b1']);
    await call('b1').ok();
    expect(started()).toEqual(['a1', 'b1', 'c1']);
  });

  it('keeps a whole partition in order if asked to', async () => {
    const { source, call, started } = openEngine({ ordering: 'partition' });
    const [one, other] = [source.assign('p0'), source.assign('p1')];
    one.push('a1', 'b1', '-1');
    other.push('c1', 'd1');
    await settled();
    expect(started()).toEqual(['a1', 'c1']);
    await call('a1').ok();
    expect(started()).toEqual(['a1', 'c1', 'b1']);
  });

  it('keeps no order if asked to', async () => {
    const { assign, started } = openEngine({ ordering: 'none' });
    await assign('a1', 'a2', 'a3');
    expect(started()).toEqual(['a1', 'a2', 'a3']);
  });

  it('takes equal keys of two lanes for one key', async () => {
    const { source, call, started } = openEngine();
    source.assign('p0').push('a1');
    source.assign('p1').push('a2');
    await settled();
    expect(started()).toEqual(['a1']);
    await call('a1').ok();
    expect(started()).toEqual(['a1', 'a2']);
  });

  it('handles thousands of events that are done at once, without a stack that grows with them', async () => {
    const names: string[] = [];
    const { assign, engine } = openEngine(
      { concurrency: 1, maxInFlight: { events: 20_000 } },
      { process: ({ position }) => void names.push(position) },
    );
    const events = Array.from({ length: 15_000 }, (_, index) => `a${index}`);
    await assign(...events);
    expect(names).toEqual(events);
    expect(engine.handled).toBe(15_000);
  });
});

describe('retries', () => {
  it('hold back their own key and no other, and wait no less than the backoff', async () => {
    const { assign, call, calls, clock, started } = openEngine();
    await assign('a1', 'a2', 'b1', 'b2');
    await call('a1').fail();
    await call('b1').ok();
    expect(started()).toEqual(['a1', 'b1', 'b2']);

    await clock.advance(99);
    expect(started()).toEqual(['a1', 'b1', 'b2']);
    await clock.advance(1);
    expect(started()).toEqual(['a1', 'b1', 'b2', 'a1']);

    await call('a1').fail();
    await clock.advance(199);
    expect(started()).toHaveLength(4);
    await clock.advance(1);
    await call('a1').ok();
    expect(started()).toEqual(['a1', 'b1', 'b2', 'a1', 'a1', 'a2']);
    expect(calls.filter(({ name }) => name === 'a1').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(call('a2').attempt).toBe(1);
  });

  it('end after the last attempt: a letter is written, then the key goes on', async () => {
    const { assign, call, clock, letters, started } = openEngine();
    await assign('a1', 'a2');
    const firstFailure = clock.now();
    for (const wait of [100, 200, 0]) {
      await call('a1').fail(new Error(`after ${wait}`));
      await clock.advance(wait);
    }
    expect(letters).toMatchObject([
      {
        name: 'a1',
        attempts: 3,
        firstFailure,
        lastFailure: firstFailure + 300,
        error: { code: 'handler-failed', message: 'consumer: after 0' },
      },
    ]);
    expect(started()).toEqual(['a1', 'a1', 'a1', 'a2']);
  });

  it.each([
    ['a handler that knows', new NonRetryableError('no such order'), 'handler-failed'],
    [
      'bytes that nobody can read',
      new DecodeFailure(new StreamError('undecodable', 'no CloudEvent', { where: 'consumer' })),
      'undecodable',
    ],
  ])('are not tried for %s', async (_, failure, code) => {
    const { assign, call, letters, started } = openEngine();
    await assign('a1', 'a2');
    await call('a1').fail(failure);
    expect(letters).toMatchObject([{ name: 'a1', attempts: 1, error: { code } }]);
    expect(started()).toEqual(['a1', 'a2']);
  });

  it('count a handler that throws at once as one that rejects', async () => {
    let calls = 0;
    const { assign, clock, letters } = openEngine(
      {},
      {
        process: () => {
          calls++;
          throw new Error('at once');
        },
      },
    );
    await assign('a1');
    expect(calls).toBe(1);
    await clock.advance(300);
    expect([calls, letters.length]).toEqual([3, 1]);
  });

  it('count on from the deliveries that the provider counted', async () => {
    const { source, call, letters } = openEngine();
    const lane = source.assign();
    lane.push(lane.stored('a1', { deliveries: 2 }), 'a2');
    await settled();
    expect(call('a1').attempt).toBe(3);
    await call('a1').fail();
    expect(letters).toMatchObject([{ name: 'a1', attempts: 3 }]);
  });

  it('take a handler that does not end in time for a failed one, and abort its signal', async () => {
    const { assign, call, calls, clock, letters } = openEngine({ handlerTimeout: 1_000 });
    await assign('a1');
    const { signal } = call('a1').context;
    await clock.advance(999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(signal.reason).toMatchObject({ code: 'handler-timeout' });

    await clock.advance(100);
    expect(call('a1').attempt).toBe(2);
    await clock.advance(1_200 + 1_000);
    expect(calls).toHaveLength(3);
    expect(letters).toMatchObject([{ name: 'a1', attempts: 3, error: { code: 'handler-timeout' } }]);
  });

  it('time each handler by its own start', async () => {
    const { assign, call, clock } = openEngine({ handlerTimeout: 1_000, retry: { attempts: 1 } });
    const lane = await assign('a1');
    const first = call('a1').context.signal;
    await clock.advance(600);
    lane.push('b1');
    await settled();
    const second = call('b1').context.signal;
    await clock.advance(400);
    expect([first.aborted, second.aborted]).toEqual([true, false]);
    await clock.advance(599);
    expect(second.aborted).toBe(false);
    await clock.advance(1);
    expect(second.aborted).toBe(true);
  });

  it('take no notice of what a handler says after its timeout', async () => {
    const { assign, call, clock, engine, started } = openEngine({ handlerTimeout: 1_000 });
    const lane = await assign('a1', 'a2');
    const late = call('a1');
    await clock.advance(1_000);
    await late.ok();
    expect(started()).toEqual(['a1']);
    expect([engine.handled, lane.commits]).toEqual([0, []]);

    await clock.advance(100);
    expect(started()).toEqual(['a1', 'a1']);
    await call('a1').ok();
    expect(started()).toEqual(['a1', 'a1', 'a2']);
  });
});

describe('what follows the last attempt', () => {
  it('is the next event, where failures are skipped', async () => {
    const { assign, call, clock, letters, started } = openEngine({ onFailure: 'skip' });
    const lane = await assign('a1', 'a2');
    await call('a1').fail(new NonRetryableError('no such order'));
    await clock.advance(200);
    expect([started(), letters, lane.commits]).toEqual([['a1', 'a2'], [], ['a1']]);
  });

  it('is the end of the consumer, where failures stop it: others finish, the event stays unsettled', async () => {
    const { assign, call, running, started } = openEngine({ onFailure: 'stop', concurrency: 2 });
    const lane = await assign('b1', 'a1', 'c1');
    await call('a1').fail(new NonRetryableError('no such order'));
    expect(started()).toEqual(['b1', 'a1']);
    await call('b1').ok();

    await expect(running).rejects.toMatchObject({ code: 'handler-failed', message: 'consumer: no such order' });
    expect([started(), lane.commits]).toEqual([['b1', 'a1'], ['b1']]);
  });
});
