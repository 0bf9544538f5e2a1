import { describe, expect, it } from 'vitest';
import { createMemory } from '@isostream/memory';
import { z } from 'zod';
import { createStreams, defineTopic, plain, versions } from '@isostream/core';

const [one, two] = ['https://shop.example/placed/1', 'https://shop.example/placed/2'] as const;
const first = z.object({ key: z.string(), total: z.number() });
const second = z.object({ key: z.string(), cents: z.number().int() });
const older = {
  dataSchema: one,
  schema: first,
  upcast: ({ key, total }: z.infer<typeof first>) => ({ key, cents: total * 100 }),
};
const placed = versions({ dataSchema: two, schema: second, older: [older] });
const topicOf = <S extends typeof placed | typeof first>(schema: S) =>
  defineTopic('orders', { events: { placed: schema }, key: () => 'k', partitions: 1 });

async function played(sends: readonly object[], topic = topicOf(placed)) {
  const raw = defineTopic('orders', { events: { placed: z.unknown() }, key: () => 'k', partitions: 1 });
  await using streams = await createStreams({ adapter: createMemory(), topics: [topic] });
  for (const send of sends) await streams.producer(raw).send({ type: 'placed', data: {}, ...send });
  const seen: unknown[] = [];
  const consumer = streams.consumer(topic, { group: 'g', retry: { attempts: 1 } });
  const running = consumer.run(({ data, dataSchema }) => void seen.push([dataSchema, data]));
  const letters: string[] = [];
  await expect
    .poll(async () => {
      letters.length = 0;
      for await (const { error } of streams.deadLetters(topic, { group: 'g' }))
        letters.push(`${error.code}: ${error.message}`);
      return seen.length + letters.length;
    })
    .toBe(sends.length);
  await consumer.close();
  await running;
  return { seen, letters };
}

describe('versions of an event type', () => {
  it('are written as the newest, and read by their own schema and the upcasts', async () => {
    await using streams = await createStreams({ adapter: createMemory(), topics: [topicOf(placed)] });
    await streams.producer(topicOf(placed)).send({ type: 'placed', data: { key: 'k', cents: 7 } });
    const seen: unknown[] = [];
    await streams
      .replay(topicOf(placed), { from: 'earliest' })
      .run(({ data, dataSchema }) => void seen.push([dataSchema, data]));
    expect(seen).toEqual([[two, { key: 'k', cents: 7 }]]);
    const { seen: stored } = await played([
      { data: { key: 'k', total: 1 } },
      { dataSchema: one, data: { key: 'k', total: 2 } },
      { dataSchema: two, data: { key: 'k', cents: 3 } },
      { dataSchema: 'https://shop.example/placed/9', data: { key: 'k', cents: 4, more: true } },
    ]);
    expect(stored).toEqual([
      [undefined, { key: 'k', cents: 100 }],
      [one, { key: 'k', cents: 200 }],
      [two, { key: 'k', cents: 3 }],
      ['https://shop.example/placed/9', { key: 'k', cents: 4 }],
    ]);
  });

  it('are letters where their own schema, the upcast or the newest schema refuses them', async () => {
    const broken = versions({
      dataSchema: two,
      schema: second,
      older: [
        {
          dataSchema: one,
          schema: first,
          upcast: ({ key, total }: z.infer<typeof first>) => {
            if (total < 0) throw new Error('no debts');
            return { key, cents: total / 3 };
          },
        },
      ],
    });
    const { letters } = await played(
      [
        { dataSchema: one, data: { key: 'k' } },
        { dataSchema: one, data: { key: 'k', total: -1 } },
        { dataSchema: one, data: { key: 'k', total: 1 } },
      ],
      topicOf(broken),
    );
    expect(letters).toEqual([
      expect.stringContaining(
        `schema-violation: consumer: topic "orders": data of "placed": as version ${one}: total:`,
      ),
      expect.stringContaining(`the upcast from version ${one} threw: no debts`),
      expect.stringContaining('data of "placed": cents:'),
    ]);
  });

  it('refuse another dataSchema as they are sent', async () => {
    await using streams = await createStreams({ adapter: createMemory(), topics: [topicOf(placed)] });
    const sending = streams
      .producer(topicOf(placed))
      .send({ type: 'placed', dataSchema: one, data: { key: 'k', cents: 7 } });
    await expect(sending).rejects.toMatchObject({
      code: 'invalid-event',
      message: expect.stringContaining('Leave it out'),
    });
  });

  it.each([
    ['no list', () => versions({ dataSchema: two, schema: second } as never), 'older'],
    ['no URI', () => versions({ dataSchema: 'two', schema: second, older: [] }), 'an absolute URI'],
    [
      'what send refuses: a space',
      () => versions({ dataSchema: 'https://a.example/placed 2', schema: second, older: [] }),
      'an absolute URI',
    ],
    [
      'what send refuses: another letter',
      () => versions({ dataSchema: 'https://a.example/späť', schema: second, older: [] }),
      'an absolute URI',
    ],
    [
      'what send refuses: too long',
      () => versions({ dataSchema: `https://a.example/${'x'.repeat(1_024)}`, schema: second, older: [] }),
      'at most 1,024 bytes',
    ],
    ['one name twice', () => versions({ dataSchema: one, schema: second, older: [older] }), 'names two versions'],
    ['no schema', () => versions({ dataSchema: two, schema: {} as never, older: [] }), 'Standard Schema'],
    [
      'no upcast',
      () => versions({ dataSchema: two, schema: second, older: [{ ...older, upcast: 'x' as never }] }),
      'a function of the older data',
    ],
    [
      'the plain format',
      () => defineTopic('orders', { events: { placed }, key: () => 'k', format: plain({ type: 'placed' }) }),
      'Use cloudEvents()',
    ],
  ])('refuse %s', (_, make, problem) => {
    expect(make).toThrow(problem);
  });
});
