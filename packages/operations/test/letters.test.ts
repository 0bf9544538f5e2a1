import { createStreams, defineTopic, NonRetryableError, type Streams } from '@isostream/core';
import { createMemory, createMemoryBroker } from '@isostream/memory';
import { afterEach, describe, expect, it } from 'vitest';
import {
  findLetter,
  getEvent,
  type LettersRead,
  listLetters,
  planDiscard,
  planEdit,
  planRedrive,
  readLetters,
  search,
  tail,
  type EventView,
} from '../src/index.ts';

const anything = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) } };
const orders = defineTopic('orders', { events: { placed: anything, shipped: anything }, key: null, partitions: 1 });
const opened: Streams[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** A group with letters of two types and reasons, numbered by their data. */
async function withLetters(count: number, headers: 'bytes' | 'none' = 'bytes'): Promise<Streams> {
  const broker = createMemoryBroker({ headers });
  const streams = await createStreams({ adapter: createMemory({ broker }), topics: [orders] });
  opened.push(streams);
  const producer = streams.producer(orders);
  for (let n = 0; n < count; n++) await producer.send({ type: n % 3 === 0 ? 'shipped' : 'placed', data: { n } });
  const consumer = streams.consumer(orders, { group: 'g', concurrency: 1 });
  let seen = 0;
  await consumer.run((event) => {
    if (++seen === count) void consumer.close();
    throw new NonRetryableError(`no ${event.type}`, { cause: Object.assign(new Error('why'), { code: event.type }) });
  });
  return streams;
}

const read = async (streams: Streams): Promise<readonly EventView[]> => {
  const events: EventView[] = [];
  await search(streams, 'orders', { from: 'earliest' }, (event) => void events.push(event));
  return events;
};

describe.each(['bytes', 'none'] as const)('letters, where headers are %s', (headers) => {
  it('are listed with reason and payload, and counted by reason and type', async () => {
    const streams = await withLetters(7, headers);
    const { letters, total, groups } = await listLetters(streams, 'orders', 'g', { limit: 2 });
    expect([total, letters.length]).toEqual([7, 2]);
    expect(letters[1]).toMatchObject({
      type: 'placed',
      attempts: 1,
      event: { payload: { kind: 'json', text: '{"n":1}' } },
    });
    expect(groups.map(({ type, count }) => [type, count])).toEqual([
      ['placed', 4],
      ['shipped', 3],
    ]);
    const { total: some } = await listLetters(streams, 'orders', 'g', { filter: { type: 'shipped' } });
    expect(some).toBe(3);
  });

  it('are shown before all are read, and said to be read', async () => {
    const streams = await withLetters(7, headers);
    const reports: LettersRead[] = [];
    const reading = { filter: { type: 'placed' }, progress: (report: LettersRead) => void reports.push(report) };
    for await (const letter of readLetters(streams, 'orders', 'g', reading)) {
      expect(letter.type).toBe('placed');
      break;
    }
    expect(reports).toEqual([
      { read: 1, matching: 0 },
      { read: 2, matching: 1 },
    ]);
    reports.length = 0;
    await planRedrive(streams, 'orders', 'g', reading);
    expect(reports.at(-1)).toEqual({ read: 7, matching: 4 });
  });

  it('are sent back as the plan said, and no other', async () => {
    const streams = await withLetters(6, headers);
    const { plan, ids, run } = await planRedrive(streams, 'orders', 'g', { filter: { type: 'shipped' } });
    expect([plan.letters, ids.length, plan.sentence]).toEqual([
      2,
      2,
      'sends 2 letters of group g back to orders, in order',
    ]);
    expect(await read(streams)).toHaveLength(6);
    const done: number[] = [];
    expect(await run({ progress: (report) => void done.push(report.done) })).toEqual({ done: 2, of: 2 });
    expect(done.at(-1)).toBe(2);
    expect((await read(streams)).slice(6).map(({ payload }) => payload.text)).toEqual(['{"n":0}', '{"n":3}']);
    expect((await listLetters(streams, 'orders', 'g')).total).toBe(4);
    expect(await run()).toEqual({ done: 0, of: 2 });
  });

  it('are discarded without being sent', async () => {
    const streams = await withLetters(3, headers);
    const [first, second] = (await listLetters(streams, 'orders', 'g')).letters;
    const { plan, run } = await planDiscard(streams, 'orders', 'g', { filter: { ids: [second?.id ?? ''] } });
    expect([plan.letters, (await listLetters(streams, 'orders', 'g')).total]).toEqual([1, 3]);
    expect(await run()).toEqual({ done: 1, of: 1 });
    const left = (await listLetters(streams, 'orders', 'g')).letters.map(({ id }) => id);
    expect(left).toContain(first?.id);
    expect(left).not.toContain(second?.id);
    expect(await read(streams)).toHaveLength(3);
  });

  it('stay as they are stored, and are gone after an edit, whatever is done in place to what was handed out', async () => {
    const streams = await withLetters(1, headers);
    const values = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { original } of streams.deadLetters(orders, { group: 'g' })) {
        found.push(Buffer.from(original.value ?? []).toString());
        original.value?.fill(0x20, 0, 1);
      }
      return found;
    };
    const before = await values();
    expect(before).toHaveLength(1);
    expect(await values()).toEqual(before);
    const edited = await streams.redrive(orders, {
      group: 'g',
      edit: ({ original }) => {
        original.value?.fill(0x20, 0, 1);
        return original;
      },
    });
    expect(edited.redriven).toBe(1);
    expect((await streams.redrive(orders, { group: 'g' })).redriven).toBe(0);
  });

  it('are sent back edited, to the letter, and are gone then', async () => {
    const streams = await withLetters(2, headers);
    const [letter] = (await listLetters(streams, 'orders', 'g')).letters;
    const id = letter?.id ?? '';
    await expect(planEdit(streams, 'orders', 'g', id, { payload: '{' })).rejects.toThrow(/is not valid JSON/);
    const { run } = await planEdit(streams, 'orders', 'g', id, { payload: '{"n":12345678901234567890}' });
    expect(await run()).toEqual({ done: 1, of: 1 });
    const sent = (await read(streams)).at(-1);
    expect(sent?.payload).toMatchObject({ kind: 'json', text: '{"n":12345678901234567890}' });
    expect(sent?.attributes).toMatchObject({ id: letter?.eventId, type: letter?.type });
    expect((await listLetters(streams, 'orders', 'g')).total).toBe(1);
    await expect(run()).rejects.toThrow(/has no letter/);
    await expect(findLetter(streams, 'orders', 'g', id)).rejects.toThrow(/has no letter/);
  });
});

it('a group that never had a letter has none', async () => {
  const streams = await withLetters(1);
  expect(await listLetters(streams, 'orders', 'other')).toEqual({ letters: [], total: 0, groups: [] });
});

describe('events', () => {
  it('are found by where they lie', async () => {
    const streams = await withLetters(3);
    expect(await getEvent(streams, 'orders', '0', '1')).toMatchObject({ position: '1', payload: { text: '{"n":1}' } });
    await expect(getEvent(streams, 'orders', '0', '3')).rejects.toThrow(
      /has no event at 0\/3\. The partition ends there/,
    );
  });

  it('are searched until there are enough', async () => {
    const streams = await withLetters(9);
    const found: string[] = [];
    const report = await search(streams, 'orders', { from: 'earliest', filter: { type: 'shipped' } }, (event) => {
      found.push(event.payload.text);
      return found.length === 2 ? 'stop' : undefined;
    });
    expect([found, report.complete, report.matched]).toEqual([['{"n":0}', '{"n":3}'], false, 2]);
    expect(await search(streams, 'orders', { from: 'earliest' }, () => undefined)).toEqual({
      read: 9,
      matched: 9,
      complete: true,
    });
  });

  it('are shown as they arrive, and no group is left', async () => {
    const streams = await withLetters(1);
    const signal = new AbortController().signal;
    const seen: string[] = [];
    const send = (): void => void streams.producer(orders).send({ type: 'placed', data: 'new' });
    await tail(streams, 'orders', { signal, ready: send }, (event) => {
      seen.push(event.payload.text);
      return 'stop';
    });
    expect(seen).toEqual(['"new"']);
    expect(await streams.admin.groups(orders)).toEqual(['g']);
  });
});

describe('keys that are bytes', () => {
  const key = Buffer.from([0xff, 0x00]);
  const isShown = { key: { base64: '/wA=' } };

  it('choose events and letters as they are shown', async () => {
    const broker = createMemoryBroker();
    const raw = defineTopic('raw', { raw: true, partitions: 3 });
    const streams = await createStreams({ adapter: createMemory({ broker }), topics: [raw] });
    opened.push(streams);
    const producer = streams.producer(raw);
    for (const each of [key, 'text', null]) await producer.send({ key: each, value: Buffer.from('{}') });
    const found: EventView[] = [];
    const filter = { key: 'base64:/wA=' };
    await search(streams, 'raw', { from: 'earliest', filter }, (event) => void found.push(event));
    expect(found).toMatchObject([isShown]);

    const consumer = streams.consumer(raw, { group: 'g', concurrency: 1 });
    let seen = 0;
    await consumer.run(() => {
      if (++seen === 3) void consumer.close();
      throw new NonRetryableError('no');
    });
    expect((await listLetters(streams, 'raw', 'g', { filter })).letters).toMatchObject([isShown]);
    expect((await planDiscard(streams, 'raw', 'g', { filter: { key: 'null' } })).plan.letters).toBe(0);
  });
});
