import { createStreams, defineTopic } from '@isostream/core';
import { createMemory, createMemoryBroker } from '@isostream/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { type MirrorComparison, createMirror, type Mirror, type MirrorOptions } from '../src/index.ts';
import { consume, type Distortion, openSide, orders, Seen, type Side, until, writer } from './support/sides.ts';

const keys = Array.from({ length: 12 }, (_, at) => `k${at}`);
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const renamed = (value: Uint8Array | null): Uint8Array =>
  Buffer.from(
    Buffer.from(value ?? [])
      .toString()
      .replaceAll('"n"', '"m"'),
  );

async function sides(): Promise<readonly [Side, Side]> {
  const both = [await openSide(4), await openSide(3, 'none')] as const;
  for (const { streams } of both) ends.push(() => streams.close());
  return both;
}

function start(options: MirrorOptions): { readonly mirror: Mirror; readonly stop: () => Promise<void> } {
  const mirror = createMirror(options);
  const end = new AbortController();
  const running = mirror.run({ signal: end.signal });
  running.catch(() => undefined);
  const stop = async (): Promise<void> => {
    end.abort();
    await running;
  };
  ends.push(stop);
  return { mirror, stop };
}

const caughtUp = (mirror: Mirror): Promise<void> => until(async () => (await mirror.status()).behind === 0);

/** Copies under load, with faults on both sides, members that come and go, and one that dies without its commits. */
async function copiedUnderLoad(
  distortion?: Distortion,
): Promise<{ readonly written: number; readonly found: MirrorComparison }> {
  const [from, to] = await sides();
  const { write } = writer(keys);
  const target = await to.connect(distortion);
  ends.push(() => target.close());
  const options = { from: from.streams, to: target, topic: 'orders' };
  let running = start(options);
  let rounds = 80;
  let isWritten = false;
  const load = write(from.streams, 60).then(() => (isWritten = true));
  using refused = to.control.failWrites({ times: 4 });
  using unanswered = to.control.loseAnswers({ times: 4 });
  await until(() => running.mirror.copied > 50);
  for (const partition of ['0', '1']) from.control.loseOwnership('orders', 'isostream-mirror', partition);
  {
    // What it copies from now on is copied again by the next one.
    using _ = from.control.failCommits({ group: 'isostream-mirror', times: 3 });
    await until(() => running.mirror.copied > 150);
  }
  const next = start({ ...options, from: await from.connect() });
  await until(() => next.mirror.copied > 30 || isWritten);
  // On a busy machine the first one has copied all of the load before the second has a share.
  const first = running;
  const copied = (): number => first.mirror.copied + next.mirror.copied;
  for (; next.mirror.copied <= 30; rounds++) {
    const before = copied();
    await write(from.streams, 1);
    // A load without an end would leave the second one no time to join.
    await until(() => copied() >= before + keys.length);
  }
  await running.stop();
  running = next;
  await load;
  await write(from.streams, 20);
  await caughtUp(running.mirror);
  expect(refused.hits + unanswered.hits).toBe(8);
  return { written: rounds * keys.length, found: await running.mirror.verify() };
}

describe('a mirror', () => {
  it('loses nothing and reorders nothing under load, with faults on both sides and members that come and go', async () => {
    const { written, found } = await copiedUnderLoad();
    expect(found).toMatchObject({
      events: written,
      copied: written,
      behind: 0,
      lost: 0,
      reordered: 0,
      changed: 0,
      examples: [],
    });
  });

  it.each([
    ['drops an event', (events) => events.slice(1), 'lost'],
    ['stores an event later than it says', 'later', 'reordered'],
    ['changes a payload', (events) => events.map((event) => ({ ...event, value: renamed(event.value) })), 'changed'],
  ] satisfies [string, Distortion, keyof MirrorComparison][])('that %s is seen', async (_name, distortion, finding) => {
    expect((await copiedUnderLoad(distortion)).found[finding]).toBeGreaterThan(0);
  });

  it('says how far it is, and what is behind is not lost', async () => {
    const [from, to] = await sides();
    const { write } = writer(keys);
    const options = { from: from.streams, to: to.streams, topic: 'orders' };
    const { mirror, stop } = start(options);
    await write(from.streams, 2);
    await caughtUp(mirror);
    await stop();
    await write(from.streams, 3);
    expect(await createMirror(options).status()).toMatchObject({ behind: 36 });
    expect(await createMirror(options).verify()).toMatchObject({ events: 60, copied: 24, behind: 36, lost: 0 });
  });

  it('stops at an event that the other side cannot hold, and leaves it for a mirror that can', async () => {
    const [from] = await sides();
    const small = await openSide(2);
    ends.push(() => small.streams.close());
    await small.streams.admin.delete('orders');
    await small.streams.admin.ensure(defineTopic('orders', { raw: true, partitions: 2, maxEventBytes: 10 }));
    await writer(['a']).write(from.streams, 1);
    await expect(createMirror({ from: from.streams, to: small.streams, topic: 'orders' }).run()).rejects.toMatchObject({
      code: 'event-too-large',
    });
    expect(await createMirror({ from: from.streams, to: small.streams, topic: 'orders' }).status()).toMatchObject({
      behind: 1,
    });
  });

  it('does not copy a topic into itself', async () => {
    const [{ streams }] = await sides();
    expect(() => createMirror({ from: streams, to: streams, topic: 'orders' })).toThrow('into itself');
  });
});

describe('moving to another provider and back, while events are written', () => {
  it('misses no event and keeps each key in order', async () => {
    const [from, to] = await sides();
    const seen = new Seen();
    const { write, written } = writer(keys);
    const there = start({ from: from.streams, to: to.streams, topic: 'orders' });
    const load = write(from.streams, 40);
    await consume(from.streams, seen, 150);
    // Consumers first: the group goes on over there while producers still write here.
    const move = await there.mirror.planGroup('billing');
    await there.mirror.moveGroup(move);
    await consume(to.streams, seen, 300);
    await load;
    // Then producers, once all that they wrote is there.
    await caughtUp(there.mirror);
    expect(await there.mirror.verify()).toMatchObject({ behind: 0, lost: 0, reordered: 0, changed: 0 });
    await there.stop();
    await write(to.streams, 10);
    await consume(to.streams, seen, 540);

    // And back: what came from there is there already.
    const back = start({ from: to.streams, to: from.streams, topic: 'orders', copies: 'skip' });
    await write(to.streams, 10);
    await caughtUp(back.mirror);
    expect(await back.mirror.verify()).toMatchObject({ behind: 0, lost: 0, reordered: 0, changed: 0, repeated: 0 });
    await back.mirror.moveGroup(await back.mirror.planGroup('billing'));
    await back.stop();
    await write(from.streams, 10);
    await consume(from.streams, seen, 70 * keys.length);
    for (const key of keys)
      expect(seen.numbers.get(key)).toEqual(Array.from({ length: written.get(key) ?? 0 }, (_, n) => n));
  });

  it('is refused where a side has no positions, from and to it, before anything is copied back', async () => {
    const one = await openSide(2);
    const broker = createMemoryBroker({ settlement: 'individual' });
    const other = await createStreams({ adapter: createMemory({ broker }), topics: [orders] });
    ends.push(
      () => one.streams.close(),
      () => other.close(),
    );
    for (const [from, to] of [
      [one.streams, other],
      [other, one.streams],
    ] as const) {
      const mirror = createMirror({ from, to, topic: 'orders' });
      await expect(mirror.planGroup('billing')).rejects.toMatchObject({ code: 'unsupported' });
      await expect(mirror.planRollback('billing')).rejects.toMatchObject({ code: 'unsupported' });
    }
  });

  it('is refused for a group that has committed nothing', async () => {
    const [from, to] = await sides();
    const mirror = createMirror({ from: from.streams, to: to.streams, topic: 'orders' });
    await expect(mirror.planGroup('nobody')).rejects.toMatchObject({ code: 'conflict' });
  });
});
