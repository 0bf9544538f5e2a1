import { createStreams, defineTopic, type RawEvent, type Streams } from '@isostream/core';
import { createMemory, createMemoryBroker } from '@isostream/memory';
import { afterEach, expect, it } from 'vitest';
import { createMirror, type Mirror } from '../src/index.ts';
import { until } from './support/sides.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const raw = defineTopic('things', { raw: true, partitions: 3 });

async function open(headers: 'bytes' | 'none' = 'bytes'): Promise<Streams> {
  const adapter = createMemory({ broker: createMemoryBroker({ headers }) });
  const streams = await createStreams({ adapter, topics: [raw] });
  ends.push(() => streams.close());
  return streams;
}

function start(from: Streams, to: Streams): Mirror {
  const mirror = createMirror({ from, to, topic: 'things' });
  const end = new AbortController();
  const running = mirror.run({ signal: end.signal });
  ends.push(async () => {
    end.abort();
    await running;
  });
  return mirror;
}

const caughtUp = (mirror: Mirror): Promise<void> => until(async () => (await mirror.status()).behind === 0);
const right = { behind: 0, lost: 0, reordered: 0, changed: 0 };

async function all(streams: Streams): Promise<RawEvent[]> {
  const found: RawEvent[] = [];
  await streams.replay(raw, { from: 'earliest' }).run((event) => {
    found.push(event);
  });
  return found;
}

const own = ({ headers }: RawEvent): RawEvent['headers'] =>
  headers.filter(([name]) => !name.startsWith('isostream-mirrored-'));

it.each(['bytes', 'none'] as const)(
  'tombstones, keys that are bytes, events without a key and headers come over, to headers as %s',
  async (kind) => {
    const [from, to] = [await open(), await open(kind)];
    const headers = [
      ['trace', 'a'],
      ['trace', 'b'],
      ['bytes', Buffer.from([0, 255])],
    ] as const;
    const events = [
      { key: 'k', value: Buffer.from('one'), headers },
      { key: 'k', value: null, headers: [['why', 'deleted'] as const] },
      { key: Buffer.from([0, 255, 1]), value: Buffer.from([0, 255]), headers: [] },
      { key: null, value: Buffer.from('no key'), headers: [] },
      { key: 'k', value: Buffer.from('again'), headers: [] },
    ];
    await from.producer(raw).sendBatch(events);
    const mirror = start(from, to);
    await caughtUp(mirror);
    const text = (value: string | Uint8Array | null): string | null =>
      value === null ? null : Buffer.from(value).toString('hex');
    const shape = (event: Pick<RawEvent, 'key' | 'value' | 'headers'>): unknown => [
      text(event.key),
      text(event.value),
      event.headers.map(([name, value]) => [name, text(value)]),
    ];
    const copies = (await all(to)).map((event) => shape({ ...event, headers: own(event) }));
    expect(copies).toHaveLength(events.length);
    expect(copies).toEqual(expect.arrayContaining(events.map(shape)));
    expect(await mirror.verify()).toMatchObject({ copied: 5, ...right, repeated: 0 });
  },
);

/** A group that fails at one event until it is repaired. */
async function fail(streams: Streams): Promise<void> {
  const options = { group: 'billing', retry: { attempts: 1 }, commitInterval: 5 };
  const consumer = streams.consumer(raw, options);
  let isDone = false;
  const running = consumer.run(({ value }) => {
    if (String(value) === 'bad') throw new Error('cannot be billed');
    if (String(value) === 'last') isDone = true;
  });
  await until(() => isDone);
  await until(async () => {
    for await (const _ of streams.deadLetters(raw, { group: 'billing' })) return true;
    return false;
  });
  await consumer.close();
  await running;
}

const sent = ['good', 'bad', 'last'].map((text) => ({ key: 'k', value: Buffer.from(text) }));

it('an event that was redriven is copied as an event of its own, behind those before it', async () => {
  const [from, to] = [await open(), await open()];
  await from.producer(raw).sendBatch(sent);
  await fail(from);
  const mirror = start(from, to);
  expect(await from.redrive(raw, { group: 'billing' })).toMatchObject({ redriven: 1 });
  await caughtUp(mirror);
  expect((await all(to)).map(({ value }) => String(value))).toEqual(['good', 'bad', 'last', 'bad']);
  expect(await mirror.verify()).toMatchObject({ events: 4, copied: 4, ...right, repeated: 0 });
  // The letters themselves stay where they are.
  expect(await to.admin.topics()).toEqual(['things']);
});

it('a copy that was redriven on the other side is a repeat there, and is not copied back', async () => {
  const [from, to] = [await open(), await open()];
  await from.producer(raw).sendBatch(sent);
  const mirror = start(from, to);
  await caughtUp(mirror);
  await fail(to);
  expect(await to.redrive(raw, { group: 'billing' })).toMatchObject({ redriven: 1 });
  expect(await all(to)).toHaveLength(4);
  expect(await mirror.verify()).toMatchObject({ events: 3, copied: 3, ...right, repeated: 1 });
  expect((await mirror.planRollback('billing')).events).toBe(0);
});
