import {
  type Adapter,
  createStreams,
  defineTopic,
  NonRetryableError,
  type RawEvent,
  type RawInput,
  type Topic,
} from '@isostream/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNamespace } from './support/namespace.ts';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

/** What a group got of one event that it had refused before, with all that operators ask about it meanwhile. */
async function walk(topic: Topic<RawInput, RawEvent>, group: string, adapter: Adapter): Promise<readonly string[]> {
  const streams = await createStreams({ adapter, topics: [topic] });
  const poison = streams.consumer(topic, { group, from: 'earliest' });
  const refusing = poison.run(() => {
    setImmediate(() => void poison.close());
    throw new NonRetryableError('poison');
  });
  refusing.catch(() => undefined);
  await Promise.race([poison.ready, refusing]);
  await streams.producer(topic).send({ key: 'k', value: Buffer.from('v') });
  await refusing;
  expect(await streams.admin.topics()).toContain(topic.name);
  expect(await streams.admin.groups(topic)).toContain(group);
  expect(await streams.redrive(topic, { group })).toMatchObject({ redriven: 1 });
  const seen: string[] = [];
  const again = streams.consumer(topic, { group });
  await again.run(({ value }) => {
    seen.push(Buffer.from(value ?? []).toString());
    setImmediate(() => void again.close());
  });
  await streams.admin.deleteGroup(topic, group);
  expect(await streams.admin.groups(topic)).not.toContain(group);
  await streams.close();
  return seen;
}

describe('names that other clients give', () => {
  it.each([
    ['1st', '$Default'],
    ['A_b-C.d', '1st_group.x'],
    [`s${'x'.repeat(255)}`, 'x'.repeat(50)],
  ])('as %s for a hub, and %s for a consumer group', async (name, group) => {
    const topic = defineTopic(name, { raw: true, partitions: 1 });
    expect(await walk(topic, group, namespace.adapter({ readerConsumerGroup: 'tools' }))).toEqual(['v']);
  });

  it('as no consumer group can have are groups of one that the option names', async () => {
    const topic = defineTopic('of-others', { raw: true, partitions: 1 });
    expect(await walk(topic, 'orders:billing', namespace.adapter({ consumerGroup: () => 'orders-billing' }))).toEqual([
      'v',
    ]);
    const streams = await createStreams({ adapter: namespace.adapter(), topics: [topic] });
    expect(() => streams.consumer(topic, { group: 'orders:billing' })).toThrow(
      expect.objectContaining({
        code: 'invalid-config',
        message: expect.stringContaining('consumerGroup') as unknown,
      }),
    );
    await streams.close();
  });

  it('as a hub cannot have are refused as such', async () => {
    const topic = defineTopic('__debezium-heartbeat.inventory', { raw: true, partitions: 1 });
    await expect(createStreams({ adapter: namespace.adapter(), topics: [topic] })).rejects.toMatchObject({
      code: 'invalid-config',
    });
  });
});
