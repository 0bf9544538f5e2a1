import { createStreams, defineTopic, type RawEvent, type Replay, type Streams } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const orders = defineTopic('orders', { raw: true, partitions: 2 });
const number = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const typed = defineTopic('typed', { events: { placed: number, shipped: number }, key: () => 'k', partitions: 1 });
const names = Array.from({ length: 20 }, (_, index) => `e${index}`);

async function open(): Promise<Streams> {
  const streams = await createStreams({ adapter: createMemory(), topics: [orders] });
  const producer = streams.producer(orders);
  for (const name of names) await producer.send({ key: `k${name.length}${name.at(-1)}`, value: Buffer.from(name) });
  return streams;
}

const replayOf = (streams: Streams): Replay<RawEvent> => streams.replay(orders, { from: 'earliest' });
const text = ({ value }: RawEvent): string => String(value);

describe('a replay', () => {
  it('hands out batches of different keys, and counts their events', async () => {
    await using streams = await open();
    const batches: string[][] = [];
    const report = await replayOf(streams).runBatch(({ events }) => void batches.push(events.map(text)), {
      maxEvents: 5,
      maxWait: 1,
    });
    expect(report).toEqual({ events: names.length });
    expect(batches.flat().toSorted()).toEqual(names.toSorted());
    expect(Math.max(...batches.map(({ length }) => length))).toBe(5);
  });

  it('is read by a loop, which ends where the range ends', async () => {
    await using streams = await open();
    const seen: string[] = [];
    for await (const { event, ack } of replayOf(streams).stream()) {
      seen.push(text(event));
      ack();
    }
    expect(seen.toSorted()).toEqual(names.toSorted());
  });

  it('ends when its loop is left, and may be read again', async () => {
    await using streams = await open();
    const replay = replayOf(streams);
    for await (const { ack } of replay.stream()) {
      ack();
      break;
    }
    expect(await replay.run(() => undefined)).toEqual({ events: names.length });
  });

  it('throws in the loop what ended it', async () => {
    await using streams = await open();
    const read = async (): Promise<void> => {
      for await (const { deadLetter } of replayOf(streams).stream()) deadLetter(new Error('never'));
    };
    await expect(read()).rejects.toMatchObject({ code: 'handler-failed', message: 'consumer: never' });
  });

  it('refuses a map of handlers of a topic without types', async () => {
    await using streams = await open();
    // @ts-expect-error a raw topic has no types
    await expect(replayOf(streams).run({ placed: () => undefined })).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it('calls the handler of each type', async () => {
    await using streams = await createStreams({ adapter: createMemory(), topics: [typed] });
    const producer = streams.producer(typed);
    await producer.send({ type: 'placed', data: 1 });
    await producer.send({ type: 'shipped', data: 2 });
    const seen: unknown[] = [];
    await streams.replay(typed, { from: 'earliest' }).run({
      placed: ({ data }) => void seen.push(['placed', data]),
      shipped: ({ data }) => void seen.push(['shipped', data]),
    });
    expect(seen).toEqual([
      ['placed', 1],
      ['shipped', 2],
    ]);
  });
});
