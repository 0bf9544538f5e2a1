import { createStreams, defineTopic, type DeadLetter, type RawEvent, StreamError, type Streams } from '@isostream/core';
import type { Adapter, Assignment, Cursor, Source, WatermarkAssignment, StoredEvent } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const orders = defineTopic('orders', { raw: true, partitions: 1, maxEventBytes: 1_000 });
const group = 'billing';

/** An adapter that cannot read what begins with "bad"; it finds so many bytes there. */
function unable(headers: 'bytes' | 'none', bytes = 500): Adapter {
  const memory = createMemory({ headers });
  const handedOver = (event: StoredEvent): StoredEvent =>
    Buffer.from(event.value ?? [])
      .toString()
      .startsWith('bad')
      ? {
          ...event,
          key: null,
          value: Buffer.alloc(bytes, 0xff),
          headers: [],
          unreadable: new StreamError('undecodable', 'offsets 1 to 3: damaged', { where: 'memory' }),
        }
      : event;
  const reading =
    (inner: Cursor): Cursor['read'] =>
    (page, signal) =>
      inner.read(
        { add: (event) => page.add(handedOver(event)), gap: (gap) => page.gap(gap), end: () => page.end() },
        signal,
      );
  const assignment = (inner: Assignment): WatermarkAssignment => ({
    partition: inner.partition,
    fencingToken: inner.fencingToken,
    read: reading(inner),
    commit: async (upTo) => inner.commit?.(upTo),
  });
  const source = (inner: Source): Source => ({
    run: (listener, signal) => {
      const assignments = new Map<Assignment, Assignment>();
      const of = (each: Assignment): Assignment => {
        const wrapped = assignments.get(each) ?? assignment(each);
        assignments.set(each, wrapped);
        return wrapped;
      };
      return inner.run(
        {
          assigned: (each) => listener.assigned(of(each)),
          revoking: (each) => listener.revoking(of(each)),
          lost: (each, reason) => listener.lost(of(each), reason),
          ready: () => listener.ready?.(),
        },
        signal,
      );
    },
  });
  return {
    ...memory,
    createSource: (subscription) => source(memory.createSource(subscription)),
    async openRange(range, signal) {
      const opened = await memory.openRange(range, signal);
      if (range.topic !== 'orders') return opened;
      const cursors = opened.cursors.map((cursor) => ({ partition: cursor.partition, read: reading(cursor) }));
      return { ...opened, cursors };
    },
  };
}

async function open(headers: 'bytes' | 'none' = 'bytes', bytes?: number): Promise<Streams> {
  const streams = await createStreams({ adapter: unable(headers, bytes), topics: [orders] });
  for (const value of ['before', 'bad', 'after'])
    await streams.producer(orders).send({ key: 'k', value: Buffer.from(value) });
  return streams;
}

function text({ value }: RawEvent): string {
  return Buffer.from(value ?? []).toString();
}

async function list(streams: Streams): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for await (const letter of streams.deadLetters(orders, { group })) found.push(letter);
  return found;
}

describe('what an adapter could not read', () => {
  it.each([
    ['bytes', 500],
    ['none', 500],
    ['bytes', 100_000],
    ['none', 100_000],
  ] as const)('becomes a letter that is never sent back (headers: %s, %i bytes)', async (headers, bytes) => {
    await using streams = await open(headers, bytes);
    const seen: string[] = [];
    await using consumer = streams.consumer(orders, { group });
    void consumer.run((event) => void seen.push(text(event)));
    await expect.poll(() => seen).toEqual(['before', 'after']);
    await expect
      .poll(() => list(streams))
      .toMatchObject([
        {
          origin: { topic: 'orders', partition: '0' },
          error: { code: 'undecodable', message: expect.stringContaining('offsets 1 to 3') as unknown },
          attempts: 1,
          key: null,
          event: undefined,
          unreadableBytes: bytes,
        },
      ]);
    expect(await streams.redrive(orders, { group })).toEqual({ redriven: 0, passedOver: 0, looping: 0, unreadable: 1 });
    expect(await list(streams)).toHaveLength(1);
    await expect.poll(async () => (await streams.admin.lag(orders, group))[0]?.events).toBe(0);
  });

  it('ends a consumer that stops at failures, by name', async () => {
    await using streams = await open();
    const seen: string[] = [];
    const consumer = streams.consumer(orders, { group, onFailure: 'stop' });
    const running = consumer.run((event) => void seen.push(text(event)));
    await expect(running).rejects.toMatchObject({ code: 'undecodable' });
    expect(seen).toEqual(['before']);
  });

  it('is passed over where failures are skipped, in batches and streams as well', async () => {
    await using streams = await open();
    await using batches = streams.consumer(orders, { group: 'batches', onFailure: 'skip' });
    const seen: string[] = [];
    void batches.runBatch(({ events }) => void seen.push(...events.map(text)), { maxEvents: 10, maxWait: 1 });
    await expect.poll(() => seen).toEqual(['before', 'after']);

    const streamed: string[] = [];
    for await (const { event, ack } of streams.consumer(orders, { group: 'streamed', onFailure: 'skip' }).stream()) {
      streamed.push(text(event));
      ack();
      if (streamed.length === 2) break;
    }
    expect(streamed).toEqual(['before', 'after']);
  });

  it('ends a replay, also one of a single key: it may hold events of that key', async () => {
    await using streams = await open();
    for (const key of [undefined, 'k', 'another']) {
      const replay = streams.replay(orders, { from: 'earliest', ...(key === undefined ? {} : { key }) });
      await expect(replay.run(() => undefined)).rejects.toMatchObject({ code: 'undecodable' });
    }
  });
});
