import { describe, expect, it } from 'vitest';
import { sizeOf } from '../src/model/encoded.ts';
import { settled } from './support/manual-clock.ts';
import { openEngine } from './support/open-engine.ts';

const names = (key: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${key}${index + 1}`);

describe('maxInFlight', () => {
  it('bounds the events that are handed out or wait, however many are stored', async () => {
    const { assign, call, engine, started } = openEngine({ maxInFlight: { events: 3 }, concurrency: 2 });
    await assign('a1', 'a2', 'b1', 'c1', 'd1', 'e1');
    expect([started(), engine.inFlight.events]).toEqual([['a1', 'b1'], 3]);

    await call('b1').ok();
    expect([started(), engine.inFlight.events]).toEqual([['a1', 'b1', 'c1'], 3]);
    for (const name of ['c1', 'd1', 'e1']) await call(name).ok();
    expect(started()).toEqual(['a1', 'b1', 'c1', 'd1', 'e1']);
    expect(engine.inFlight.events).toBe(2);
  });

  it('is shared by all lanes', async () => {
    const { source, engine, started, call } = openEngine({ maxInFlight: { events: 3 } });
    source.assign('p0').push('a1', 'b1');
    source.assign('p1').push('c1', 'd1', 'e1');
    await settled();
    expect([started(), engine.inFlight.events]).toEqual([['a1', 'b1', 'c1'], 3]);
    await call('a1').ok();
    expect([started(), engine.inFlight.events]).toEqual([['a1', 'b1', 'c1', 'd1'], 3]);
  });

  it('says how many events it takes', async () => {
    const { assign, call } = openEngine({ maxInFlight: { events: 3 } });
    const lane = await assign('a1', 'b1');
    expect(lane.rooms).toEqual([3, 1]);
    await call('a1').ok();
    lane.push('c1', 'd1');
    await call('b1').ok();
    expect(lane.rooms).toEqual([3, 1, 1]);
  });

  it('bounds bytes', async () => {
    const { source, engine, started, call } = openEngine({ maxInFlight: { bytes: 100 } });
    const lane = source.assign();
    const event = (name: string, bytes: number) => lane.stored(name, { value: new Uint8Array(bytes - 1) });
    lane.push(event('a1', 60), event('b1', 40), event('c1', 10), event('d1', 30));
    await settled();
    expect([started(), engine.inFlight]).toEqual([['a1', 'b1'], { events: 2, bytes: 100 }]);
    await call('b1').ok();
    expect([started(), engine.inFlight]).toEqual([['a1', 'b1', 'c1', 'd1'], { events: 3, bytes: 100 }]);
  });

  it('lets an event that is larger than all the room pass, alone', async () => {
    const { source, engine, started, call } = openEngine({ maxInFlight: { bytes: 100 } });
    const lane = source.assign();
    const large = lane.stored('b1', { value: new Uint8Array(500) });
    lane.push('a1', large, 'c1');
    await settled();
    expect(started()).toEqual(['a1']);
    await call('a1').ok();
    expect([started(), engine.inFlight]).toEqual([['a1', 'b1'], { events: 1, bytes: sizeOf(large) }]);
    await call('b1').ok();
    expect([started(), engine.inFlight.events]).toEqual([['a1', 'b1', 'c1'], 1]);
  });

  it('counts an event until it is settled: its retries and the writing of its letter, too', async () => {
    const { assign, call, clock, engine } = openEngine({ maxInFlight: { events: 1 } });
    await assign('a1', 'b1');
    for (const wait of [100, 200]) {
      await call('a1').fail();
      expect(engine.inFlight.events).toBe(1);
      await clock.advance(wait);
    }
    await call('a1').fail();
    expect(call('b1').attempt).toBe(1);
  });

  it('does not let one key that is stuck keep free room unused', async () => {
    const { assign, call, started } = openEngine({ maxInFlight: { events: 8 }, concurrency: 2 });
    const lane = await assign(...names('a', 7));
    expect(started()).toEqual(['a1']);
    lane.push(...names('b', 20));
    for (const name of names('b', 20)) {
      await settled();
      await call(name).ok();
    }
    expect(started()).toEqual(['a1', ...names('b', 20)]);
  });
});

describe('maxSpan', () => {
  it('bounds what lies above the oldest unsettled event: what comes again after a crash', async () => {
    const { assign, call, started } = openEngine({ maxSpan: 4, maxInFlight: { events: 2 } });
    await assign('a1', ...names('b', 10));
    for (const name of names('b', 3)) await call(name).ok();
    expect(started()).toEqual(['a1', 'b1', 'b2', 'b3']);
    await call('a1').ok();
    expect(started()).toEqual(['a1', ...names('b', 4)]);
  });
});

describe('pause', () => {
  it('starts no handler, not even for a retry, until resume goes on where it was', async () => {
    const { assign, call, clock, engine, started } = openEngine();
    const lane = await assign('a1', 'a2', 'b1');
    engine.pause();
    await call('a1').fail();
    await call('b1').ok();
    lane.push('c1');
    await clock.advance(10_000);
    expect(started()).toEqual(['a1', 'b1']);

    engine.resume();
    await settled();
    expect(started().slice(2).toSorted()).toEqual(['a1', 'c1']);
    expect(call('a1').attempt).toBe(2);
  });

  it('keeps its lanes, fills its room and commits what ends', async () => {
    const { assign, call, clock, engine } = openEngine({ maxInFlight: { events: 3 } });
    engine.pause();
    const lane = await assign('a1', 'b1', 'c1', 'd1');
    expect([engine.assignments, engine.inFlight.events]).toEqual([['p0'], 3]);
    engine.resume();
    await settled();
    engine.pause();
    await call('a1').ok();
    await clock.advance(200);
    expect(lane.commits).toEqual(['a1']);
  });

  it('does not hold up a lane that has to go', async () => {
    const { assign, call, engine, source, started } = openEngine({ concurrency: 2 });
    const lane = await assign('a1', 'a2', 'b1');
    engine.pause();
    const revoked = source.revoke(lane);
    await call('a1').ok();
    await call('b1').ok();
    await revoked;
    expect([started(), lane.commits]).toEqual([['a1', 'b1'], ['a1']]);
  });

  it('lets a lane go without the retry of a handler that fails', async () => {
    const { assign, call, engine, source, started } = openEngine();
    const lane = await assign('a1', 'b1');
    engine.pause();
    const revoked = source.revoke(lane);
    await call('a1').ok();
    await call('b1').fail();
    await revoked;
    expect([started(), lane.commits, engine.inFlight.events]).toEqual([['a1', 'b1'], ['a1'], 0]);
  });

  it('that comes during a drain ends it with what runs', async () => {
    const { assign, call, engine, source, started } = openEngine({ concurrency: 2 });
    const lane = await assign('a1', 'a2', 'b1');
    const revoked = source.revoke(lane);
    engine.pause();
    await call('b1').ok();
    await call('a1').ok();
    await revoked;
    expect([started(), lane.commits]).toEqual([['a1', 'b1'], ['a1']]);
  });

  it('starts as many handlers as are asked for, where somebody asks for each', async () => {
    const { assign, call, engine, started } = openEngine();
    engine.demand(0);
    await assign('a1', 'b1', 'c1');
    expect(started()).toEqual([]);
    engine.demand(1);
    expect(started()).toEqual(['a1']);
    engine.demand(2);
    expect(started()).toEqual(['a1', 'b1']);
    await call('a1').ok();
    expect(started()).toEqual(['a1', 'b1', 'c1']);
  });
});
