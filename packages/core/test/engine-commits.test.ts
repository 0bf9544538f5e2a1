import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { resolveReplayOptions } from '../src/consume/settings.ts';
import type { Gap } from '../src/contract/source.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { settled } from './support/manual-clock.ts';
import { gate, openEngine, watch } from './support/open-engine.ts';

const failing = (code: StreamError['code']): StreamError => new StreamError(code, 'scripted', { where: 'scripted' });

describe('commits', () => {
  it('never pass an event that is not settled', async () => {
    const { assign, call, clock } = openEngine();
    const lane = await assign('a1', 'b1', 'c1', 'd1');
    for (const [name, expected] of [
      ['c1', []],
      ['b1', []],
      ['a1', ['c1']],
      ['d1', ['c1', 'd1']],
    ] as const) {
      await call(name).ok();
      await clock.advance(200);
      expect(lane.commits).toEqual(expected);
    }
  });

  it('go out once an interval, with all that was settled', async () => {
    const { assign, call, clock } = openEngine({ commitInterval: '1s' });
    const lane = await assign('a1', 'b1', 'c1');
    await call('a1').ok();
    await clock.advance(500);
    await call('b1').ok();
    await clock.advance(499);
    expect(lane.commits).toEqual([]);
    await clock.advance(1);
    expect(lane.commits).toEqual(['b1']);
    await clock.advance(60_000);
    expect(lane.commits).toEqual(['b1']);
  });

  it('do not wait for the interval at the end of a partition, whose followers wait for it', async () => {
    const { assign, call } = openEngine({ commitInterval: '1h' });
    const lane = await assign('a1', 'b1');
    await call('a1').ok();
    await call('b1').ok();
    expect(lane.commits).toEqual([]);
    lane.push('end');
    await settled();
    expect(lane.commits).toEqual(['b1']);

    const other = await assign('c1', 'd1', 'e1', 'end');
    await call('d1').ok();
    await call('c1').ok();
    expect(other.commits).toEqual([]);
    await call('e1').ok();
    expect(other.commits).toEqual(['e1']);
  });

  it('at the end of a partition wait for the one before only', async () => {
    const { assign, call, clock } = openEngine({ commitInterval: '1s' });
    const lane = await assign('a1', 'b1', 'end');
    const answered = gate();
    lane.answers = [answered.promise];
    await call('a1').ok();
    await clock.advance(1_000);
    await call('b1').ok();
    expect(lane.commits).toEqual([]);
    answered.open();
    await settled();
    expect(lane.commits).toEqual(['a1', 'b1']);
  });

  it('wait for the one before: what settles meanwhile goes with the next', async () => {
    const { assign, call, clock } = openEngine();
    const lane = await assign('a1', 'b1', 'c1');
    const answered = gate();
    lane.answers = [answered.promise];
    await call('a1').ok();
    await clock.advance(200);
    await call('b1').ok();
    await clock.advance(200);
    await call('c1').ok();
    expect(lane.commits).toEqual([]);
    answered.open();
    await clock.advance(400);
    expect(lane.commits).toEqual(['a1', 'c1']);
  });

  it('follow a slow one with what settled meanwhile, also if no event comes after', async () => {
    const { assign, call, clock } = openEngine();
    const lane = await assign('a1', 'b1');
    const answered = gate();
    lane.answers = [answered.promise];
    await call('a1').ok();
    await clock.advance(200);
    await call('b1').ok();
    await clock.advance(1_000);
    answered.open();
    await clock.advance(1_000);
    expect(lane.commits).toEqual(['a1', 'b1']);
  });

  it('go out again after a slow one, also if nothing follows', async () => {
    const { assign, call, clock } = openEngine();
    const lane = await assign('a1', 'b1');
    const answered = gate();
    lane.answers = [answered.promise];
    await call('a1').ok();
    await clock.advance(200);
    await call('b1').ok();
    await clock.advance(200);
    answered.open();
    await clock.advance(400);
    expect(lane.commits).toEqual(['a1', 'b1']);
  });

  it('are tried again after trouble', async () => {
    const { assign, call, clock, engine } = openEngine();
    const lane = await assign('a1');
    lane.answers = [failing('unavailable'), failing('timeout')];
    await call('a1').ok();
    await clock.advance(400);
    expect(lane.commits).toEqual([]);
    await clock.advance(200);
    expect([lane.commits, engine.failed]).toEqual([['a1'], false]);
  });

  it.each([0, 5])(
    'spare a service that refuses them, with an interval of %i ms, while others are stored',
    async (ms) => {
      const { source, call, clock } = openEngine({ commitInterval: ms });
      const refused = source.assign('p0');
      const other = source.assign('p1');
      refused.answers = Array.from({ length: 1_000 }, () => failing('unavailable'));
      refused.push('a1');
      other.push('b1', 'c1', 'd1');
      await settled();
      await call('a1').ok();
      for (const name of ['b1', 'c1', 'd1']) {
        await clock.advance(200);
        await call(name).ok();
        await clock.advance(ms);
        expect(other.commits.at(-1)).toBe(name);
      }
      await clock.advance(400 - 3 * ms);
      const tries = 1_000 - refused.answers.length;
      expect(tries).toBeGreaterThan(4);
      expect(tries).toBeLessThan(10);

      refused.answers = [];
      await clock.advance(500);
      expect(refused.commits).toEqual(['a1']);
    },
  );

  it('of several lanes are tried again together, as they may share a request', async () => {
    let draws = 0;
    const { source, call, clock } = openEngine(
      { commitInterval: 0 },
      { random: () => (draws++ % 2 === 0 ? 0.9 : 0.5) },
    );
    const times = await Promise.all(
      ['a1', 'b1'].map(async (name) => {
        const lane = source.assign(name);
        const seen: number[] = [];
        lane.onCommit = () => void seen.push(clock.monotonic());
        lane.answers = [failing('unavailable'), failing('unavailable'), failing('unavailable')];
        lane.push(name);
        await settled();
        await call(name).ok();
        return seen;
      }),
    );
    await clock.advance(1_000);
    expect(times[0]).toHaveLength(4);
    expect(times[1]).toEqual(times[0]);
  });

  it('that are fenced end nothing: the source will say that the lane is lost', async () => {
    const { assign, call, clock, engine, running, source } = openEngine();
    const lane = await assign('a1', 'a2');
    lane.answers = [failing('lease-lost')];
    const ended = watch(running);
    await call('a1').ok();
    await clock.advance(200);
    expect([ended.state, engine.failed]).toEqual(['pending', false]);
    source.lose(lane);
    await clock.advance(10_000);
    expect([ended.state, lane.commits]).toEqual(['pending', []]);
  });

  it('that need operator action end the consumer', async () => {
    const { assign, call, clock, running } = openEngine();
    const lane = await assign('a1');
    lane.answers = [failing('unauthorized'), failing('unauthorized')];
    await call('a1').ok();
    await clock.advance(200);
    await expect(running).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('are none where there is no group', async () => {
    const { assign, call, clock, engine } = openEngine(
      {},
      { group: undefined, settings: resolveReplayOptions({ from: 'earliest' }) },
    );
    const lane = await assign('a1');
    await call('a1').ok();
    await clock.advance(60_000);
    await engine.close(1_000);
    expect([lane.commits, engine.handled]).toEqual([[], 1]);
  });
});

describe('events that retention removed', () => {
  const gap: Gap = { from: 'a2', to: 'a9', missing: 7 };

  it('stop the consumer, which says how many and what to do', async () => {
    const { assign, call, running, started } = openEngine({ concurrency: 1 });
    const lane = await assign('a1', 'b1');
    lane.push(gap, 'c1');
    await settled();
    await call('a1').ok();
    await expect(running).rejects.toMatchObject({
      code: 'position-expired',
      message: expect.stringMatching(/7 events of partition p0, from a2 to a9.*onExpired: 'continue'/),
    });
    expect([started(), lane.commits]).toEqual([['a1'], ['a1']]);
  });

  it('are reported and passed over where that is wanted', async () => {
    const seen: unknown[] = [];
    const listen = (message: unknown): void => void seen.push(message);
    subscribe('isostream:consume:gap', listen);
    try {
      const { assign, call, clock, started } = openEngine({ onExpired: 'continue' });
      const lane = await assign('a1');
      lane.push(gap, 'c1');
      await settled();
      expect(started()).toEqual(['a1', 'c1']);
      await call('a1').ok();
      await call('c1').ok();
      await clock.advance(200);
      expect(lane.commits).toEqual(['c1']);
    } finally {
      unsubscribe('isostream:consume:gap', listen);
    }
    expect(seen).toMatchObject([
      { topic: 'orders', group: 'billing', partition: 'p0', missing: 7, from: 'a2', to: 'a9' },
    ]);
  });
});
