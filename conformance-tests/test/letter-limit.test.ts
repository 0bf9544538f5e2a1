import { createStreams, defineTopic, StreamError } from '@isostream/core';
import { type TopicSettings, openAdapter } from '@isostream/core/adapter';
import { createMemory } from '@isostream/memory';
import { expect, it } from 'vitest';
import { withAdmin } from '../src/mutants/distort-assignments.ts';

const limit = 1_048_576;

it('lets a group dead-letter where the service has no larger limit for the letters', async () => {
  const refused: string[] = [];
  const check = (name: string, { maxEventBytes = 0 }: TopicSettings): void => {
    if (maxEventBytes <= limit) return;
    refused.push(name);
    throw new StreamError('unsupported', `topic "${name}" takes ${limit} bytes`, { where: 'test' });
  };
  const adapter = withAdmin(openAdapter(createMemory()), (admin) => ({
    async createTopic(name, settings) {
      check(name, settings);
      await admin.createTopic(name, settings);
    },
    async alterTopic(name, settings) {
      check(name, settings);
      await admin.alterTopic(name, settings);
    },
  }));
  const topic = defineTopic('orders', { raw: true, partitions: 1 });
  await using streams = await createStreams({ adapter, topics: [topic] });
  await streams.producer(topic).send({ key: 'k', value: Buffer.from('bad') });
  const consumer = streams.consumer(topic, { group: 'g', retry: { attempts: 1 } });
  const running = consumer.run(() => Promise.reject(new Error('never')));
  await expect.poll(async () => (await adapter.admin.lag('orders', 'g'))[0]?.committed).toBe('1');
  await consumer.close();
  await running;
  expect(refused).toContain('orders.g.dlq');
  const letters: string[] = [];
  for await (const letter of streams.deadLetters(topic, { group: 'g' })) letters.push(letter.error.message);
  expect(letters).toHaveLength(1);
});
