import { describe, expect, it } from 'vitest';
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
});
