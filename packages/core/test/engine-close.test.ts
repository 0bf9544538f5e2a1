import { describe, expect, it } from 'vitest';
import { settled } from './support/manual-clock.ts';
import { gate, openEngine, watch } from './support/open-engine.ts';

describe('close', () => {
  it('drains every assignment as a revoke does, then ends', async () => {
    const { source, call, started, engine, running } = openEngine({ concurrency: 3 });
    const [one, other] = [source.assign('p0'), source.assign('p1')];
    one.push('a1', 'a2', 'b1', 'a3');
    other.push('c1', 'c2');
    await settled();
    expect(started()).toEqual(['a1', 'b1', 'c1']);
    const closed = watch(engine.close(10_000));
    for (const name of ['b1', 'a1', 'a2', 'c1']) await call(name).ok();
    expect(closed.state).toBe('resolved');
    await expect(running).resolves.toBeUndefined();
    expect(started()).toEqual(['a1', 'b1', 'c1', 'a2']);
    expect([one.commits, other.commits]).toEqual([['b1'], ['c1']]);
  });

  it('ends at its deadline, however long handlers take and assignments may drain', async () => {
    const { assign, call, clock, engine } = openEngine({ drainTimeout: '1h', handlerTimeout: '2h' });
    const lane = await assign('a1', 'b1');
    await call('a1').ok();
    const { signal } = call('b1').context;
    const closed = watch(engine.close(3_000));
    await clock.advance(2_999);
    expect(closed.state).toBe('pending');
    await clock.advance(1);
    expect([closed.state, signal.aborted, lane.commits]).toEqual(['resolved', true, ['a1']]);
  });

  it('waits for its deadline, however soon a hand-over would end', async () => {
    const { assign, source, call, clock, engine } = openEngine({ drainTimeout: 300, handlerTimeout: '2h' });
    const lane = await assign('a1');
    const leaving = source.assign('p1');
    leaving.push('b1');
    await settled();
    const { signal } = call('b1').context;
    void source.revoke(leaving);
    await clock.advance(200);
    const closed = watch(engine.close(10_000));
    await clock.advance(9_000);
    expect([closed.state, signal.aborted]).toEqual(['pending', false]);
    await call('a1').ok();
    await call('b1').ok();
    expect([closed.state, lane.commits, leaving.commits]).toEqual(['resolved', ['a1'], ['b1']]);
  });

  it('tries its last commit again until its deadline, however soon a hand-over would give up', async () => {
    const { assign, call, clock, engine } = openEngine({ drainTimeout: 300 });
    const lane = await assign('a1');
    const answered = gate();
    lane.answers = [answered.promise];
    await call('a1').ok();
    const closed = watch(engine.close(10_000));
    await clock.advance(9_000);
    expect(closed.state).toBe('pending');
    answered.open();
    await settled();
    expect([closed.state, lane.commits]).toEqual(['resolved', ['a1']]);
  });

  it('ends a second after its deadline at the latest, though the last commit is never answered', async () => {
    const { assign, call, clock, engine } = openEngine({ drainTimeout: '1h' });
    const lane = await assign('a1');
    lane.answers = [new Promise(() => undefined)];
    await call('a1').ok();
    const closed = watch(engine.close(3_000));
    await clock.advance(4_000);
    expect(closed.state).toBe('resolved');
  });

  it('can be called again, and before and after everything', async () => {
    const { engine, assign, call, running } = openEngine();
    await assign('a1');
    const closing = [engine.close(1_000), engine.close(1_000)];
    await call('a1').ok();
    await Promise.all(closing);
    await engine.close(1_000);
    await expect(running).resolves.toBeUndefined();
  });

  it('takes no assignment that comes late', async () => {
    const { engine, source, assign, call, started } = openEngine();
    await assign('a1');
    const closing = engine.close(1_000);
    const late = source.assign('p1');
    late.push('b1');
    await call('a1').ok();
    await closing;
    expect([started(), late.commits]).toEqual([['a1'], []]);
  });

  it('finishes what was started before a pause', async () => {
    const { engine, assign, call, started } = openEngine({ concurrency: 2 });
    const lane = await assign('a1', 'a2', 'b1', 'c1');
    engine.pause();
    await call('a1').ok();
    const closed = watch(engine.close(1_000));
    await call('b1').ok();
    await call('a2').ok();
    expect([closed.state, started(), lane.commits]).toEqual(['resolved', ['a1', 'b1', 'a2'], ['b1']]);
  });

  it('ends a range at its deadline too, when all of it was read and a handler hangs', async () => {
    const { engine, assign, source, clock } = openEngine({ handlerTimeout: '2h' });
    const lane = await assign('a1');
    lane.push('end');
    await settled();
    source.end();
    await settled();
    const closed = watch(engine.close(3_000));
    await clock.advance(3_000);
    expect(closed.state).toBe('resolved');
  });
});
