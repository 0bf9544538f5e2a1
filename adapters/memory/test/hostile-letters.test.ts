import { createStreams, type DeadLetter, defineTopic, NonRetryableError } from '@isostream/core';
import { expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const orders = defineTopic('orders', { events: { placed: schema }, key: () => 'k', partitions: 1 });
// What others write to the same topic.
const foreign = defineTopic('orders', { raw: true, partitions: 1 });

function nested(levels: number): Buffer {
  const attributes = '"specversion":"1.0","id":"deep","source":"s","type":"placed"';
  return Buffer.from(`{${attributes},"data":${'['.repeat(levels)}${']'.repeat(levels)}}`);
}

it.each(['bytes', 'none'] as const)(
  'hostile events become letters at the first attempt, are listed beside others, and come back (headers: %s)',
  async (headers) => {
    await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [orders] });
    const raw = streams.producer(foreign);
    await raw.send({ key: 'k', value: nested(5_000), headers: [] });
    const many = Array.from({ length: 16_000 }, (_, index) => [`h${index}`, 'v'] as const);
    await raw.send({ key: 'k', value: Buffer.from('no event'), headers: headers === 'bytes' ? many : [] });
    await streams.producer(orders).send({ type: 'placed', id: 'poison', data: 1 });
    await streams.producer(orders).send({ type: 'placed', id: 'good', data: 1 });
    const seen: string[] = [];
    const consumer = streams.consumer(orders, { group: 'g' });
    const running = consumer.run(({ id }) => {
      seen.push(id);
      if (id === 'poison') throw new NonRetryableError('poison');
    });
    await expect.poll(() => seen).toEqual(['poison', 'good']);

    const letters: DeadLetter[] = [];
    for await (const letter of streams.deadLetters(orders, { group: 'g' })) letters.push(letter);
    expect(letters.map(({ error, attempts }) => [error.code, attempts])).toEqual([
      ['undecodable', 1],
      ['undecodable', 1],
      ['handler-failed', 1],
    ]);
    expect((await streams.redrive(orders, { group: 'g' })).redriven).toBe(3);
    await expect.poll(() => seen).toEqual(['poison', 'good', 'poison']);
    await consumer.close();
    await running;
  },
);
