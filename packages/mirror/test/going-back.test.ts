import { withOther } from '@isostream/conformance/stage';
import { defineTopic, type Streams, type StreamsAdmin } from '@isostream/core';
import { afterEach, describe, expect, it } from 'vitest';
import { createMirror, type Mirror, type MirrorOptions } from '../src/index.ts';
import { consume, openSide, Seen, type Side, until, writer } from './support/sides.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function open(): Promise<readonly [Side, Side, Side]> {
  const sides = [await openSide(3), await openSide(2), await openSide(2)] as const;
  for (const { streams } of sides) ends.push(() => streams.close());
  return sides;
}

const caughtUp = (mirror: Mirror): Promise<void> => until(async () => (await mirror.status()).behind === 0);

/** Copies all there is, and ends. */
async function copyAll(options: MirrorOptions): Promise<Mirror> {
  const mirror = createMirror(options);
  const end = new AbortController();
  const running = mirror.run({ signal: end.signal });
  await Promise.race([caughtUp(mirror), running]);
  end.abort();
  await running;
  return mirror;
}

async function read(streams: Streams, seen: Seen, group = 'billing'): Promise<void> {
  await consume(streams, seen, Infinity, async () =>
    (await streams.admin.lag('orders', group)).every(({ events }) => events === 0),
  );
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** The client, whose provider counts nothing. */
function uncounted(streams: Streams): Streams {
  const lag = async (...given: Parameters<StreamsAdmin['lag']>) =>
    (await streams.admin.lag(...given)).map((each) => ({ ...each, events: undefined, ms: undefined }));
  return withOther(streams, 'admin', withOther(streams.admin, 'lag', lag));
}

/** Of what was written until now each partition retains the last event only. */
async function expireAll({ streams }: Side): Promise<void> {
  const topic = (bytes: number) => defineTopic('orders', { raw: true, retention: { time: 'forever', bytes } });
  await streams.admin.ensure(topic(1), { consent: ['shorten-retention'] });
  await streams.admin.lag('orders', 'billing');
  await streams.admin.ensure(topic(1_000_000));
}

const named = { names: { from: 'one', to: 'other' } };

describe('a group that changes sides', () => {
  it.each([
    ['with names', named],
    ['without names', {}],
  ])('gets what was written, while it was away, on the side that it goes back to, %s', async (_name, names) => {
    const [one, other] = await open();
    const [seen, { write }] = [new Seen(), writer(['a', 'b', 'c', 'd'])];
    const sides = { from: one.streams, to: other.streams, topic: 'orders', ...names };
    await write(one.streams, 10);
    await consume(one.streams, seen, 20);
    const mirror = await copyAll(sides);
    await mirror.moveGroup(await mirror.planGroup('billing'));
    await read(other.streams, seen);
    expect(seen.count).toBe(40);
    // The mirror is stopped already, and producers go on where they are.
    await write(one.streams, 5);
    const plan = await mirror.planRollback('billing');
    expect(plan.move.waiting).toBe(20);
    await mirror.rollBack(plan);
    await read(one.streams, seen);
    for (const key of ['a', 'b', 'c', 'd']) expect(seen.numbers.get(key), key).toEqual(numbers(15));
  });

  it('gets what was written on the other side and has not come to the one that it leaves', async () => {
    const [one, other] = await open();
    const seen = new Seen();
    const sides = { from: one.streams, to: other.streams, topic: 'orders', ...named };
    await writer(['a']).write(one.streams, 3);
    await read(one.streams, seen);
    await writer(['b']).write(other.streams, 4);
    const mirror = await copyAll(sides);
    const plan = await mirror.planGroup('billing');
    expect(plan.waiting).toBe(4);
    await mirror.moveGroup(plan);
    await read(other.streams, seen);
    expect(seen.numbers.get('b')).toEqual(numbers(4));
  });

  it.each([
    ['with names', named],
    ['without names', {}],
  ])('is not given copies again whose originals are no longer retained, %s', async (_name, names) => {
    const [one, other] = await open();
    const seen = new Seen();
    await writer(['a']).write(one.streams, 5);
    await read(one.streams, seen);
    const mirror = await copyAll({ from: one.streams, to: other.streams, topic: 'orders', ...names });
    await expireAll(one);
    const { waiting, repeats } = await mirror.planGroup('billing');
    expect([waiting, repeats, (await mirror.verify()).events]).toEqual([0, 0, 1]);
  });
});

describe('a group that was on a side before', () => {
  it('is not given again what it settled there, where copies of it are no longer retained', async () => {
    const [one, other] = await open();
    const seen = new Seen();
    await writer(['a']).write(one.streams, 5);
    await read(one.streams, seen);
    const mirror = await copyAll({ from: one.streams, to: other.streams, topic: 'orders', ...named });
    await mirror.moveGroup(await mirror.planGroup('billing'));
    await writer(['b']).write(one.streams, 2);
    await expireAll(other);
    const { move } = await mirror.planRollback('billing');
    expect([move.waiting, move.repeats]).toEqual([2, 0]);
    await mirror.rollBack({ move, events: 0 });
    await read(one.streams, seen);
    expect([seen.numbers.get('b'), seen.repeats]).toEqual([numbers(2), 0]);
  });
});

describe('copying back', () => {
  async function away(one: Side, other: Side, names: MirrorOptions['names'] = named.names): Promise<Mirror> {
    await writer(['a']).write(one.streams, 3);
    await read(one.streams, new Seen());
    const mirror = await copyAll({ from: one.streams, to: other.streams, topic: 'orders', names });
    await mirror.moveGroup(await mirror.planGroup('billing'));
    return mirror;
  }

  it('brings all, also where a mirror to a third side has read it', async () => {
    const [one, other, third] = await open();
    const mirror = await away(one, other);
    await writer(['b']).write(other.streams, 4);
    await copyAll({ from: other.streams, to: third.streams, topic: 'orders', names: { from: 'other', to: 'third' } });
    await mirror.rollBack(await mirror.planRollback('billing'));
    const seen = new Seen();
    await read(one.streams, seen);
    expect(seen.numbers.get('b')).toEqual(numbers(4));
  });

  it('rejects and places nothing where another mirror of the same group takes the events', async () => {
    const [one, other, third] = await open();
    const mirror = await away(one, other);
    await writer(['b']).write(other.streams, 4);
    const names = { from: 'other', to: 'third' };
    const group = 'isostream-mirror-back';
    await copyAll({ from: other.streams, to: third.streams, topic: 'orders', names, group });
    const before = await one.streams.admin.lag('orders', 'billing');
    // Something else to be placed: nothing of it may be.
    const plan = await mirror.planRollback('billing');
    const positions = new Map(before.map(({ partition }) => [partition, '0']));
    await expect(mirror.rollBack({ ...plan, move: { ...plan.move, positions } })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/4 events .* group "isostream-mirror-back".* group of its own/),
    });
    expect(await one.streams.admin.lag('orders', 'billing')).toEqual(before);
  });

  it('does not bring again what another mirror has brought', async () => {
    const [one, other] = await open();
    const mirror = await away(one, other);
    const back = { from: other.streams, to: one.streams, topic: 'orders', names: { from: 'other', to: 'one' } };
    await writer(['b']).write(other.streams, 4);
    await copyAll(back);
    await writer(['c']).write(other.streams, 2);
    const plan = await mirror.planRollback('billing');
    expect(plan.events).toBe(2);
    await mirror.rollBack(plan);
    expect(await createMirror(back).verify()).toMatchObject({ events: 9, copied: 9, repeated: 0, lost: 0 });
  });

  it('ends, and counts what it brings, where originals are no longer retained and nothing is counted', async () => {
    const [one, other, third] = await open();
    const counted = await away(one, other);
    await writer(['t']).write(third.streams, 5);
    await copyAll({ from: third.streams, to: other.streams, topic: 'orders', names: { from: 'third', to: 'other' } });
    await writer(['b']).write(other.streams, 4);
    await expireAll(one);
    expect(await counted.planRollback('billing')).toMatchObject({ events: 4, move: { repeats: 0 } });
    // Of three that came from there one is left; nine have not been there.
    const back = { from: other.streams, to: one.streams, topic: 'orders', names: { from: 'other', to: 'one' } };
    expect(await createMirror(back).verify()).toMatchObject({ events: 10, copied: 1, behind: 9, lost: 0 });
    const mirror = createMirror({ from: one.streams, to: uncounted(other.streams), topic: 'orders', ...named });
    await mirror.rollBack(await mirror.planRollback('billing'));
    expect((await mirror.planRollback('billing')).events).toBe(0);
    const seen = new Seen();
    await read(one.streams, seen);
    expect(seen.numbers.get('b')).toEqual(numbers(4));
  });
});
