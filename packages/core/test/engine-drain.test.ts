import { describe, expect, it } from 'vitest';
import { NonRetryableError, StreamError } from '../src/errors/stream-error.ts';
import { settled } from './support/manual-clock.ts';
import { gate, openEngine, watch } from './support/open-engine.ts';

describe('an assignment that has to go', () => {
  it('starts nothing above the highest event that was started, finishes all below, commits, then lets go', async () => {
    const { assign, source, call, started, engine } = openEngine({ concurrency: 3 });
    const lane = await assign('a1', 'a2', 'b1', 'c1', 'a3', 'd1');
    expect(started()).toEqual(['a1', 'b1', 'c1']);

    const revoked = watch(source.revoke(lane));
    await call('c1').ok();
    await call('b1').ok();
    expect(started()).toEqual(['a1', 'b1', 'c1']);
    await call('a1').ok();
    expect(started()).toEqual(['a1', 'b1', 'c1', 'a2']);
    expect([revoked.state, lane.commits]).toEqual(['pending', []]);

    await call('a2').ok();
    expect([revoked.state, lane.commits]).toEqual(['resolved', ['c1']]);
    expect(started()).toHaveLength(4);
    expect([engine.inFlight, engine.assignments]).toEqual([{ events: 0, bytes: 0 }, []]);
  });

  it('goes at once where nothing was started', async () => {
    const { assign, source, engine } = openEngine();
    engine.pause();
    const lane = await assign('a1', 'b1');
    await source.revoke(lane);
    expect([lane.commits, engine.inFlight.events]).toEqual([[], 0]);
  });

  it('waits for retries and letters of what was started', async () => {
    const { assign, source, call, clock, letterAnswers, letters } = openEngine();
    const lane = await assign('a1', 'b1');
    await call('b1').ok();
    const revoked = watch(source.revoke(lane));
    for (const wait of [100, 200, 0]) {
      void letterAnswers.splice(0, 1, new StreamError('unavailable', 'no broker', { where: 'scripted' }));
      await call('a1').fail();
      await clock.advance(wait);
    }
    expect([revoked.state, letters]).toEqual(['pending', []]);

    await clock.advance(1_000);
    expect([revoked.state, letters.length, lane.commits]).toEqual(['resolved', 1, ['b1']]);
  });

  it('is handed on at the deadline: what did not end is aborted and not settled', async () => {
    const { assign, source, call, clock, engine } = openEngine({ drainTimeout: 5_000 });
    const lane = await assign('a1', 'b1');
    await call('a1').ok();
    const hung = call('b1');
    const { signal } = hung.context;
    const revoked = watch(source.revoke(lane));
    await clock.advance(4_999);
    expect([revoked.state, signal.aborted]).toEqual(['pending', false]);

    await clock.advance(1);
    expect(revoked.state).toBe('resolved');
    expect(signal.reason).toMatchObject({ code: 'lease-lost' });
    await hung.ok();
    await clock.advance(1_000);
    expect([lane.commits, engine.handled]).toEqual([['a1'], 1]);
  });

  it('does not wait for a commit that is never answered', async () => {
    const { assign, source, call, clock } = openEngine({ drainTimeout: 5_000 });
    const lane = await assign('a1');
    lane.answers = [new Promise(() => undefined)];
    await call('a1').ok();
    const revoked = watch(source.revoke(lane));
    await clock.advance(20_000);
    expect(revoked.state).toBe('resolved');
  });

  it('tries its last commit again while the service comes back', async () => {
    const { assign, source, call, clock } = openEngine();
    const lane = await assign('a1');
    lane.answers = [
      new StreamError('unavailable', 'no broker', { where: 'scripted' }),
      new StreamError('timeout', 'slow', { where: 'scripted' }),
    ];
    await call('a1').ok();
    const revoked = watch(source.revoke(lane));
    await settled();
    expect(revoked.state).toBe('pending');
    await clock.advance(2_000);
    expect([revoked.state, lane.commits]).toEqual(['resolved', ['a1']]);
  });

  it('gives back what a read brings while it goes', async () => {
    const { source, engine, started } = openEngine();
    const lane = source.assign();
    const held = gate();
    lane.handOver = held.promise;
    lane.push('a1', 'b1');
    await settled();
    expect(engine.inFlight.events).toBe(2);

    const revoked = source.revoke(lane);
    held.open();
    await revoked;
    await settled();
    expect([started(), engine.inFlight.events]).toEqual([[], 0]);
  });

  it('leaves the other assignments alone', async () => {
    const { source, call, started } = openEngine({ concurrency: 1 });
    const [one, other] = [source.assign('p0'), source.assign('p1')];
    one.push('a1', 'b1');
    other.push('c1', 'd1');
    await settled();
    expect(started()).toEqual(['a1']);
    const revoked = watch(source.revoke(one));
    await call('a1').ok();
    expect([revoked.state, started()]).toEqual(['resolved', ['a1', 'c1']]);
    await call('c1').ok();
    expect(started()).toEqual(['a1', 'c1', 'd1']);
  });
});

describe('an assignment that is lost', () => {
  it('aborts its handlers with the reason, and settles nothing of what they still say', async () => {
    const { assign, source, call, clock, engine, letters } = openEngine();
    const lane = await assign('a1', 'b1', 'c1', 'a2');
    const [ok, failed, hopeless] = [call('a1'), call('b1'), call('c1')];
    const signals = [ok, failed, hopeless].map(({ context }) => context.signal);
    source.lose(lane);
    for (const signal of signals) expect(signal.reason).toMatchObject({ code: 'lease-lost', where: 'scripted' });

    await ok.ok();
    await failed.fail();
    await hopeless.fail(new NonRetryableError('no such order'));
    await clock.advance(60_000);
    expect([lane.commits, letters, engine.handled, engine.inFlight.events]).toEqual([[], [], 0, 0]);
  });

  it('shows the abort to a handler that looks at its signal only later', async () => {
    const { assign, source, call } = openEngine();
    const lane = await assign('a1');
    source.lose(lane);
    expect(call('a1').context.signal.reason).toMatchObject({ code: 'lease-lost' });
  });

  it('starts none of its events again, whether they waited in line or for a retry', async () => {
    const { assign, source, call, clock, started } = openEngine({ concurrency: 2 });
    const lane = await assign('a1', 'b1', 'c1', 'a2');
    await call('a1').fail();
    expect(started()).toEqual(['a1', 'b1', 'c1']);
    source.lose(lane);
    await call('b1').ok();
    await clock.advance(60_000);
    expect(started()).toEqual(['a1', 'b1', 'c1']);
  });

  it('keeps its key until the handler has ended, so that the next assignment does not overlap with it', async () => {
    const { assign, source, call, started } = openEngine();
    const lane = await assign('a1');
    const old = call('a1');
    source.lose(lane);
    const again = await assign('a1', 'b1');
    expect(started()).toEqual(['a1', 'b1']);
    await old.ok();
    expect(started()).toEqual(['a1', 'b1', 'a1']);
    expect(call('a1').context.fencingToken).not.toBe(old.context.fencingToken);

    await call('b1').ok();
    await call('a1').ok();
    await source.revoke(again);
    expect([lane.commits, again.commits]).toEqual([[], ['b1']]);
  });

  it('frees the key of a handler that never ends at its timeout', async () => {
    const { assign, source, clock, started } = openEngine({ handlerTimeout: 1_000 });
    const lane = await assign('a1');
    source.lose(lane);
    await assign('a1');
    expect(started()).toEqual(['a1']);
    await clock.advance(1_000);
    expect(started()).toEqual(['a1', 'a1']);
  });

  it('writes no letter after its end, and none twice', async () => {
    const { assign, source, call, clock, letterAnswers, letters, started } = openEngine();
    const lane = await assign('a1');
    letterAnswers.push(new StreamError('unavailable', 'no broker', { where: 'scripted' }));
    await call('a1').fail(new NonRetryableError('no such order'));
    source.lose(lane);
    await clock.advance(60_000);
    expect(letters).toEqual([]);
    await assign('a1');
    expect(started()).toEqual(['a1', 'a1']);
  });

  it('during its drain ends the drain', async () => {
    const { assign, source, call } = openEngine();
    const lane = await assign('a1', 'b1');
    await call('a1').ok();
    const revoked = watch(source.revoke(lane));
    await settled();
    source.lose(lane);
    await settled();
    expect([revoked.state, lane.commits]).toEqual(['resolved', []]);
  });

  it('wakes the assignments that waited for the room which its read had taken', async () => {
    const { source, started } = openEngine({ maxInFlight: { events: 2 } });
    const [one, other] = [source.assign('p0'), source.assign('p1')];
    const held = gate();
    one.handOver = held.promise;
    one.push('a1', 'b1');
    await settled();
    other.push('c1');
    await settled();
    source.lose(one);
    held.open();
    await settled();
    expect(started()).toEqual(['c1']);
  });
});
