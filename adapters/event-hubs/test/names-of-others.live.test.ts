import { useGroupByName } from '@isostream/conformance';
import { createStreams, defineTopic } from '@isostream/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNamespace } from './support/namespace.ts';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

describe('names that other clients give', () => {
  it.each([
    ['1st', '$Default'],
    ['A_b-C.d', '1st_group.x'],
    [`s${'x'.repeat(255)}`, 'x'.repeat(50)],
  ])('as %s for a hub, and %s for a consumer group', async (name, group) => {
    const topic = defineTopic(name, { raw: true, partitions: 1 });
    expect(await useGroupByName(namespace.adapter({ readerConsumerGroup: 'tools' }), topic, group)).toEqual([]);
  });

  it('as no consumer group can have are groups of one that the option names', async () => {
    const topic = defineTopic('of-others', { raw: true, partitions: 1 });
    const named = namespace.adapter({ consumerGroup: () => 'orders-billing' });
    expect(await useGroupByName(named, topic, 'orders:billing')).toEqual([]);
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
