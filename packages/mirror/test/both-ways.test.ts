import { withOther } from '@isostream/conformance/stage';
import type { StreamsAdmin } from '@isostream/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createMirror, type GroupMove, type Mirror, type MirrorOptions } from '../src/index.ts';
import { consume, openSide, orders, Seen, type Side, until, writer } from './support/sides.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const keysOf = (prefix: string): string[] => Array.from({ length: 6 }, (_, at) => `${prefix}${at}`);

async function open(count: number): Promise<Side[]> {
  const sides = await Promise.all(Array.from({ length: count }, (_, at) => openSide(3 + at)));
  for (const { streams } of sides) ends.push(() => streams.close());
  return sides;
}

function start(options: MirrorOptions): {
  readonly mirror: Mirror;
  readonly stop: () => Promise<void>;
  readonly running: Promise<void>;
} {
  const mirror = createMirror(options);
  const end = new AbortController();
  const running = mirror.run({ signal: end.signal });
  running.catch(() => undefined);
  const stop = async (): Promise<void> => {
    end.abort();
    await running.catch(() => undefined);
  };
  ends.push(stop);
  return { mirror, stop, running };
}

const caughtUp = (mirror: Mirror): Promise<void> => until(async () => (await mirror.status()).behind === 0);
const right = { behind: 0, lost: 0, reordered: 0, repeated: 0, changed: 0, examples: [] };

/** Both sides are written and copied, and a group changes sides in the middle. */
async function cutOverUnderLoad(change: (move: GroupMove, to: Side) => Promise<GroupMove>): Promise<{
  readonly there: Mirror;
  readonly back: Mirror;
  readonly seen: Seen;
}> {
  const [one, other] = await open(2);
  if (one === undefined || other === undefined) throw new Error('two sides');
  const names = { from: 'one', to: 'other' };
  const there = start({ from: one.streams, to: other.streams, topic: 'orders', names }).mirror;
  const back = start({
    from: other.streams,
    to: one.streams,
    topic: 'orders',
    names: { from: 'other', to: 'one' },
  }).mirror;
  const seen = new Seen();
  const [ours, theirs] = [writer(keysOf('a')), writer(keysOf('b'))];
  const load = Promise.all([ours.write(one.streams, 40), theirs.write(other.streams, 40)]);
  await consume(one.streams, seen, 150);
  await there.moveGroup(await change(await there.planGroup('billing'), other));
  await load;
  await caughtUp(there);
  await caughtUp(back);
  await caughtUp(there);
  const group = other.streams.admin.lag('orders', 'billing');
  const waiting = (await group).reduce((sum, { events = 0 }) => sum + events, 0);
  await consumeAll(other, seen, waiting);
  return { there, back, seen };
}

/** Until the group has nothing left. */
async function consumeAll({ streams }: Side, seen: Seen, waiting: number): Promise<void> {
  if (waiting === 0) return;
  await consume(streams, seen, Infinity, async () => {
    const lags = await streams.admin.lag('orders', 'billing');
    return lags.every(({ events }) => events === 0);
  });
}

const inOrder = Array.from({ length: 40 }, (_, n) => n);

describe('mirrors in both directions under load, with a cut-over in the middle', () => {
  it('report 0 lost and 0 reordered, and the group has each key whole and in order', async () => {
    const { there, back, seen } = await cutOverUnderLoad(async (move) => move);
    expect(await there.verify()).toEqual({ events: 480, copied: 480, ...right });
    expect(await back.verify()).toEqual({ events: 480, copied: 480, ...right });
    for (const key of [...keysOf('a'), ...keysOf('b')]) expect(seen.numbers.get(key), key).toEqual(inOrder);
  });

  it('are seen to lose events where a group is moved past what was copied', async () => {
    const { seen } = await cutOverUnderLoad(async (move, { streams }) => {
      const lags = await streams.admin.lag('orders', 'billing');
      return { ...move, positions: new Map(lags.map(({ partition, end = '0' }) => [partition, end])) };
    });
    expect(seen.count).toBeLessThan(480);
  });
});

describe('a mirror of a mirror', () => {
  it('copies each event once round a circle of three', async () => {
    const sides = await open(3);
    const mirrors = sides.map(({ streams }, at) =>
      start({
        from: streams,
        to: sides[(at + 1) % 3]?.streams ?? streams,
        topic: 'orders',
        names: { from: `side-${at}`, to: `side-${(at + 1) % 3}` },
      }),
    );
    await Promise.all(sides.map(({ streams }, at) => writer(keysOf(`s${at}`)).write(streams, 5)));
    for (let round = 0; round < 3; round++) for (const { mirror } of mirrors) await caughtUp(mirror);
    for (const { mirror } of mirrors) expect(await mirror.verify()).toEqual({ events: 90, copied: 90, ...right });
  });

  it('without names copies along a chain, and stops at an event that goes round', async () => {
    const sides = await open(2);
    const [one, other] = sides;
    if (one === undefined || other === undefined) throw new Error('two sides');
    const there = start({ from: one.streams, to: other.streams, topic: 'orders' });
    const back = start({ from: other.streams, to: one.streams, topic: 'orders' });
    await writer(['a']).write(one.streams, 1);
    await expect(Promise.race([there.running, back.running])).rejects.toMatchObject({ code: 'conflict' });
  });

  it('refuses to compare or to place a group where its sides had other names', async () => {
    const [one, other] = await open(2);
    if (one === undefined || other === undefined) throw new Error('two sides');
    const sides = { from: one.streams, to: other.streams, topic: 'orders' };
    const { mirror } = start({ ...sides, names: { from: 'one', to: 'other' } });
    await writer(['a']).write(one.streams, 3);
    await consume(one.streams, new Seen(), 1);
    await caughtUp(mirror);
    const stranger = createMirror({ ...sides, names: { from: 'uno', to: 'other' } });
    await expect(stranger.verify()).rejects.toMatchObject({ code: 'invalid-config' });
    await expect(stranger.planGroup('billing')).rejects.toMatchObject({ code: 'invalid-config' });
    expect(await createMirror(sides).verify()).toMatchObject({ copied: 3, lost: 0 });
  });

  it('has two names that differ', async () => {
    const [one, other] = await open(2);
    if (one === undefined || other === undefined) throw new Error('two sides');
    for (const names of [
      { from: 'x', to: 'x' },
      { from: 'a > b', to: 'c' },
    ])
      expect(() => createMirror({ from: one.streams, to: other.streams, topic: 'orders', names })).toThrow(
        'names of the sides',
      );
  });
});

describe('a plan', () => {
  it('says how many events come again, also of those that are not copied yet', async () => {
    const [one, other] = await open(2);
    if (one === undefined || other === undefined) throw new Error('two sides');
    const sides = { from: one.streams, to: other.streams, topic: 'orders' };
    const seen = new Seen();
    await writer(keysOf('k')).write(one.streams, 10);
    await consume(one.streams, seen, 30);
    const before = await createMirror(sides).planGroup('billing');
    expect([before.waiting, before.repeats]).toEqual([0, seen.count]);
    const { mirror } = start(sides);
    await caughtUp(mirror);
    const after = await mirror.planGroup('billing');
    expect(after.waiting).toBe(60 - seen.count);
    await mirror.moveGroup(after);
    await consume(other.streams, seen, Infinity, async () =>
      (await other.streams.admin.lag('orders', 'billing')).every(({ events }) => events === 0),
    );
    expect([seen.count, seen.repeats]).toEqual([60, after.repeats]);
  });
});

describe('going back', () => {
  it('brings what was written over there, and the group goes on where it was', async () => {
    const [one, other] = await open(2);
    if (one === undefined || other === undefined) throw new Error('two sides');
    const { write, written } = writer(keysOf('k'));
    const seen = new Seen();
    const there = start({ from: one.streams, to: other.streams, topic: 'orders' });
    await write(one.streams, 20);
    await consume(one.streams, seen, 30);
    await caughtUp(there.mirror);
    await there.mirror.moveGroup(await there.mirror.planGroup('billing'));
    await consume(other.streams, seen, 60);
    await write(other.streams, 20);
    await consume(other.streams, seen, 140);
    await there.stop();

    const plan = await there.mirror.planRollback('billing');
    expect(plan.events).toBe(120);
    expect((await one.streams.admin.lag('orders', 'isostream-mirror')).every(({ events }) => events === 0)).toBe(true);
    await there.mirror.rollBack(plan);
    await write(one.streams, 10);
    await consume(one.streams, seen, 300);
    for (const key of keysOf('k'))
      expect(seen.numbers.get(key), key).toEqual(Array.from({ length: written.get(key) ?? 0 }, (_, n) => n));
    expect(await createMirror({ from: other.streams, to: one.streams, topic: 'orders' }).verify()).toMatchObject({
      lost: 0,
      reordered: 0,
      behind: 0,
    });
    // Once more there is nothing to bring.
    expect((await there.mirror.planRollback('billing')).events).toBe(0);
  });

  it('ends where the provider counts no lag, too', async () => {
    const [one, other] = await open(2);
    if (one === undefined || other === undefined) throw new Error('two sides');
    const uncounted = withOther(
      other.streams,
      'admin',
      withOther(other.streams.admin, 'lag', async (...given: Parameters<StreamsAdmin['lag']>) =>
        (await other.streams.admin.lag(...given)).map((lag) => ({ ...lag, events: undefined, ms: undefined })),
      ),
    );
    const there = start({ from: one.streams, to: uncounted, topic: 'orders' });
    await writer(['a']).write(one.streams, 3);
    await consume(one.streams, new Seen(), 1);
    await caughtUp(there.mirror);
    await there.mirror.moveGroup(await there.mirror.planGroup('billing'));
    await there.stop();
    await writer(['b']).write(other.streams, 4);
    await there.mirror.rollBack(await there.mirror.planRollback('billing'));
    expect((await there.mirror.planRollback('billing')).events).toBe(0);
  });

  it('is refused while the group is at work where it goes back to, before anything is placed', async () => {
    const [one, other] = await open(2);
    if (one === undefined || other === undefined) throw new Error('two sides');
    const there = start({ from: one.streams, to: other.streams, topic: 'orders' });
    await writer(['a']).write(one.streams, 3);
    await consume(one.streams, new Seen(), 1);
    await caughtUp(there.mirror);
    await there.mirror.moveGroup(await there.mirror.planGroup('billing'));
    await there.stop();
    const plan = await there.mirror.planRollback('billing');
    const member = one.streams.consumer(orders, { group: 'billing' });
    ends.push(() => member.close());
    void member.run(() => undefined);
    await member.ready;
    await expect(there.mirror.rollBack(plan)).rejects.toMatchObject({ code: 'conflict' });
  });
});
