import { createStreams, type DeadLetter, defineTopic, NonRetryableError, type Schema } from '@isostream/core';
import { afterEach, expect, it, vi } from 'vitest';
import { createMemory } from './support/open.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('letters whose schema never answers are listed without their event', async () => {
  let answers = true;
  const schema: Schema<string, string> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => (answers ? { value: String(value) } : new Promise(() => undefined)),
    },
  };
  const orders = defineTopic('orders', { events: { placed: schema }, key: null, partitions: 1 });
  await using streams = await createStreams({ adapter: createMemory(), topics: [orders] });
  await streams.producer(orders).send({ type: 'placed', data: 'o-1' });
  const consumer = streams.consumer(orders, { group: 'g' });
  const running = consumer.run(() => {
    throw new NonRetryableError('never');
  });
  const list = async (): Promise<DeadLetter[]> => {
    const letters: DeadLetter[] = [];
    for await (const letter of streams.deadLetters(orders, { group: 'g' })) letters.push(letter);
    return letters;
  };
  await expect.poll(list).toMatchObject([{ event: { data: 'o-1' } }]);
  await consumer.close();
  await running;

  answers = false;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const listed = list();
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();
  expect(await listed).toMatchObject([{ key: null, event: undefined }]);
});
