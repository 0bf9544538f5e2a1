import { describe, expect, it } from 'vitest';
import { settled } from './support/manual-clock.ts';
import { openEngine } from './support/open-engine.ts';

describe('a lane that can no longer be held', () => {
  it('hands nothing more out, aborts what runs, commits nothing, and leaves other lanes alone', async () => {
    const { assign, call, started, engine } = openEngine({ concurrency: 2 });
    const lapsed = await assign('a1', 'b1', 'c1');
    const other = await assign('x1', 'y1');
    expect(started()).toEqual(['a1', 'b1']);

    lapsed.isHeld = false;
    const { signal } = call('b1').context;
    await call('a1').ok();
    expect(started()).toEqual(['a1', 'b1', 'x1']);
    expect(signal.aborted).toBe(true);
    expect(engine.assignments).toEqual([other.partition]);

    await call('b1').ok();
    await call('x1').ok();
    expect(started()).toEqual(['a1', 'b1', 'x1', 'y1']);
    await call('y1').ok();
    expect([lapsed.commits, engine.inFlight.events]).toEqual([[], 0]);
  });

  it('takes nothing of a read under way, and is not read again', async () => {
    const { assign, started, engine } = openEngine();
    const lapsed = await assign();
    let handOver = (): void => undefined;
    lapsed.handOver = new Promise((resolve) => (handOver = resolve));
    lapsed.push('a1', 'a2');
    await settled();
    expect(engine.inFlight.events).toBe(2);

    lapsed.isHeld = false;
    handOver();
    await settled();
    expect([started(), engine.inFlight.events, lapsed.rooms.length]).toEqual([[], 0, 1]);
  });

  it('ends nobody by the events that it misses', async () => {
    const { assign, engine, running, source } = openEngine();
    const lapsed = await assign('a1');
    lapsed.push({ from: 'a2', to: 'a4', missing: 2 });
    lapsed.isHeld = false;
    await settled();
    source.lose(lapsed);
    await engine.close(1_000);
    await expect(running).resolves.toBeUndefined();
  });

  it('whose reader waits for room is not read when there is some', async () => {
    const { assign, call, started } = openEngine({ maxInFlight: { events: 1 } });
    const lapsed = await assign('a1');
    const other = await assign();
    lapsed.push('a2');
    lapsed.isHeld = false;
    await call('a1').ok();
    other.push('x1');
    await settled();
    expect([started(), lapsed.rooms.length]).toEqual([['a1', 'x1'], 1]);
  });
});
