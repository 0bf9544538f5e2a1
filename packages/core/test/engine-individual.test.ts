import { describe, expect, it } from 'vitest';
import type { ConsumerOptions } from '../src/consume/options.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { settled } from './support/manual-clock.ts';
import { type EngineUnderTest, gate, openEngine, watch } from './support/open-engine.ts';

const failing = (code: StreamError['code']): StreamError => new StreamError(code, 'scripted', { where: 'scripted' });

async function failed(after: Promise<void>): Promise<void> {
  await after;
  throw failing('unavailable');
}

function open(options: Partial<ConsumerOptions> = {}): EngineUnderTest {
  return openEngine(options, { settlement: 'individual' });
}

describe('settling one by one', () => {
  it('tells each event as soon as the call before returned, in order', async () => {
    const { assign, call } = open();
    const lane = await assign('a1', 'b1', 'c1', 'd1');
    const answered = gate();
    lane.answers = [answered.promise];
    for (const name of ['b1', 'a1', 'd1']) await call(name).ok();
    expect(lane.settled).toEqual([]);
    answered.open();
    await settled();
    expect(lane.settled).toEqual([['b1'], ['a1', 'd1']]);
    expect(lane.commits).toEqual([]);
  });

  it('keeps what could not be told for the next time, in front', async () => {
    const { assign, call, clock } = open();
    const lane = await assign('a1', 'a2', 'b1');
    lane.answers = [failing('unavailable'), failing('timeout')];
    await call('a1').ok();
    await call('a2').ok();
    await clock.advance(200);
    await call('b1').ok();
    await clock.advance(1_000);
    expect(lane.settled).toEqual([['a1', 'a2', 'b1']]);
  });

  it('does not call a service that refused again with every event', async () => {
    const { assign, call, clock } = open();
    const lane = await assign('a1', 'b1', 'c1', 'd1');
    lane.answers = Array.from({ length: 10 }, () => failing('unavailable'));
    for (const name of ['a1', 'b1', 'c1', 'd1']) await call(name).ok();
    expect(lane.answers).toHaveLength(9);
    await clock.advance(200);
    expect(lane.answers).toHaveLength(8);
    await clock.advance(10_000);
    expect(lane.settled).toEqual([['a1', 'b1', 'c1', 'd1']]);
  });

  it('ends the consumer where it is forbidden', async () => {
    const { assign, call, running } = open();
    const lane = await assign('a1');
    lane.answers = [failing('unauthorized')];
    await call('a1').ok();
    await expect(running).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('keeps the room of an event until the service knows of it', async () => {
    const { assign, call, engine, started } = open({ maxInFlight: { events: 2 } });
    const lane = await assign('a1', 'b1', 'c1');
    const answered = gate();
    lane.answers = [answered.promise];
    await call('a1').ok();
    expect([engine.inFlight.events, started()]).toEqual([2, ['a1', 'b1']]);
    answered.open();
    await settled();
    expect([engine.inFlight.events, started()]).toEqual([2, ['a1', 'b1', 'c1']]);
  });

  it('goes on reading, however many were settled above one that takes its time', async () => {
    const { assign, call, started } = open({ maxSpan: 2, concurrency: 2 });
    await assign('a1', 'b1', 'c1', 'd1', 'e1', 'f1');
    for (const name of ['b1', 'c1', 'd1', 'e1']) await call(name).ok();
    expect(started()).toEqual(['a1', 'b1', 'c1', 'd1', 'e1', 'f1']);
  });
});

describe('an individually settled lane that has to go', () => {
  it('tells everything first', async () => {
    const { assign, call, source } = open();
    const lane = await assign('a1', 'b1');
    const answered = gate();
    lane.answers = [answered.promise];
    await call('a1').ok();
    await call('b1').ok();
    const revoked = watch(source.revoke(lane));
    await settled();
    expect(revoked.state).toBe('pending');
    answered.open();
    await settled();
    expect([revoked.state, lane.settled]).toEqual(['resolved', [['a1'], ['b1']]]);
  });

  it('waits for the answer of a call that is out, and tells again what failed', async () => {
    const { assign, call, source, clock } = open();
    const lane = await assign('a1');
    const answered = gate();
    lane.answers = [failed(answered.promise)];
    await call('a1').ok();
    const revoked = watch(source.revoke(lane));
    await settled();
    expect(revoked.state).toBe('pending');
    answered.open();
    await clock.advance(1_000);
    expect([revoked.state, lane.settled]).toEqual(['resolved', [['a1']]]);
  });

  it('finishes what was started and leaves the rest, wherever it lies, to others', async () => {
    const { assign, call, source, started, engine } = open({ concurrency: 3 });
    const lane = await assign('a1', 'a2', 'b1', 'c1', 'a3', 'd1');
    expect(started()).toEqual(['a1', 'b1', 'c1']);
    const revoked = watch(source.revoke(lane));
    await call('c1').ok();
    await call('a1').ok();
    expect(revoked.state).toBe('pending');
    await call('b1').ok();
    expect([revoked.state, started()]).toEqual(['resolved', ['a1', 'b1', 'c1']]);
    expect(lane.settled.flat()).toEqual(['c1', 'a1', 'b1']);
    expect(engine.inFlight).toEqual({ events: 0, bytes: 0 });
  });

  it('hands back at once what it will not start, also what a read still brings', async () => {
    const { assign, call, source } = open({ concurrency: 2 });
    const lane = await assign('a1', 'a2', 'b1', 'c1');
    const held = gate();
    lane.handOver = held.promise;
    lane.push('d1', 'd2');
    await settled();
    const revoked = watch(source.revoke(lane));
    expect(lane.released).toEqual([['a2', 'c1']]);
    held.open();
    await settled();
    expect([revoked.state, lane.released]).toEqual([
      'pending',
      [
        ['a2', 'c1'],
        ['d1', 'd2'],
      ],
    ]);
    await call('a1').ok();
    await call('b1').ok();
    expect([revoked.state, lane.released.length]).toEqual(['resolved', 2]);
  });

  it('hands back at once what it will not start while it is paused, and with the lane what it had started', async () => {
    const { assign, call, source, engine } = open();
    const lane = await assign('a1', 'a2', 'b1');
    await call('a1').fail();
    engine.pause();
    const revoked = watch(source.revoke(lane));
    expect([revoked.state, lane.released]).toEqual(['pending', [['a2']]]);
    await call('b1').ok();
    expect(revoked.state).toBe('resolved');
  });

  it('waits for the retries of what was started, also of what waits for a free handler', async () => {
    const { assign, call, source, clock, started } = open({ concurrency: 1 });
    const lane = await assign('a1', 'b1');
    await call('a1').fail();
    expect(started()).toEqual(['a1', 'b1']);
    const revoked = watch(source.revoke(lane));
    await clock.advance(100);
    expect([revoked.state, started()]).toEqual(['pending', ['a1', 'b1']]);
    await call('b1').ok();
    await call('a1').ok();
    expect([revoked.state, lane.settled.flat()]).toEqual(['resolved', ['b1', 'a1']]);
  });

  it('does not wait for retries while it is paused', async () => {
    const { assign, call, source, engine, clock } = open();
    const lane = await assign('a1', 'b1');
    await call('a1').fail();
    await clock.advance(50);
    engine.pause();
    const revoked = watch(source.revoke(lane));
    await call('b1').ok();
    expect([revoked.state, lane.settled, engine.inFlight.events]).toEqual(['resolved', [['b1']], 0]);
  });

  it('goes at the deadline of close, though the service does not answer', async () => {
    const { assign, call, engine, clock } = open();
    const lane = await assign('a1', 'b1');
    lane.answers = [new Promise(() => undefined)];
    await call('a1').ok();
    const closed = watch(engine.close(500));
    await clock.advance(499);
    expect(closed.state).toBe('pending');
    await clock.advance(1_001);
    expect(closed.state).toBe('resolved');
    expect(call('b1').context.signal.reason).toMatchObject({ code: 'lease-lost' });
    await call('b1').ok();
    expect(engine.inFlight).toEqual({ events: 0, bytes: 0 });
  });
});

describe('an individually settled lane that is lost', () => {
  it('aborts its handlers, tells nothing more, and frees the room of what was settled and not told', async () => {
    const { assign, call, source, engine, clock } = open();
    const lane = await assign('a1', 'b1', 'c1');
    lane.answers = [failing('unavailable')];
    await call('a1').ok();
    const running = call('b1');
    source.lose(lane);
    expect(running.context.signal.reason).toMatchObject({ code: 'lease-lost' });
    await running.ok();
    await call('c1').ok();
    await clock.advance(60_000);
    expect([lane.settled, engine.inFlight.events]).toEqual([[], 0]);
  });

  it('frees the room of what a call was telling that is never answered', async () => {
    const { assign, call, source, engine } = open();
    const lane = await assign('a1', 'b1');
    lane.answers = [new Promise(() => undefined)];
    await call('a1').ok();
    await call('b1').ok();
    source.lose(lane);
    expect(engine.inFlight.events).toBe(0);
  });

  it('frees it once, however the call ends', async () => {
    const { assign, call, source, engine } = open();
    const lane = await assign('a1');
    const answered = gate();
    lane.answers = [failed(answered.promise)];
    await call('a1').ok();
    source.lose(lane);
    const next = await assign('a1', 'b1');
    answered.open();
    await settled();
    expect(engine.inFlight.events).toBe(2);
    await call('a1').ok();
    await call('b1').ok();
    expect([lane.settled, next.settled, engine.inFlight.events]).toEqual([[], [['a1'], ['b1']], 0]);
  });
});
