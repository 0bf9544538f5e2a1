import { useGroupByName } from '@isostream/conformance';
import { createStreams, defineTopic } from '@isostream/core';
import { type PubSubEmulator, startPubSub } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pubsubOf } from './support/emulator.ts';

let emulator: PubSubEmulator;
beforeAll(async () => {
  emulator = await startPubSub();
});
afterAll(() => emulator.stop());

describe('names that other clients give', () => {
  it.each([
    ['a~b', 'c'],
    ['x%41', 'orders:billing'],
    ['a+b', '.'],
    [`s${'x'.repeat(200)}`, 'b~c'],
    ['of-others', 'größe 注文'],
    ['of-others-too', '%41'],
    ['and-more', 'reader~x'],
  ])('as %s for a topic, and %s for a group', async (name, group) => {
    expect(await useGroupByName(pubsubOf(emulator), defineTopic(name, { raw: true }), group)).toEqual([]);
  });

  it('as a topic cannot have are refused as such', async () => {
    const topic = defineTopic('__debezium-heartbeat.inventory', { raw: true });
    await expect(createStreams({ adapter: pubsubOf(emulator), topics: [topic] })).rejects.toMatchObject({
      code: 'invalid-config',
    });
  });

  it('as those of subscriptions, that are groups by that name', async () => {
    const topic = defineTopic('with-a-subscription', { raw: true });
    const group = 'orders_worker~1';
    expect(await useGroupByName(pubsubOf(emulator, { subscription: '{group}' }), topic, group)).toEqual([]);
    const adapter = pubsubOf(emulator, { subscription: '{group}' });
    const streams = await createStreams({ adapter, topics: [topic] });
    const consumer = streams.consumer(topic, { group });
    const running = consumer.run(() => undefined);
    await consumer.ready;
    // A replay, which has a subscription of its own, is no group.
    await streams.replay(topic, { from: 'earliest' }).run(async () => {
      expect(await streams.admin.groups(topic)).toEqual([group]);
    });
    await streams.close();
    await running;
  });

  it('are not ours to delete: neither with a topic, nor with what they hold of one that is gone', async () => {
    const options = { subscription: '{group}' };
    const [gone, topic] = ['soon-gone', 'of-its-own'].map((name) => defineTopic(name, { raw: true }));
    if (gone === undefined || topic === undefined) throw new Error('two topics');
    const streams = await createStreams({ adapter: pubsubOf(emulator, options), topics: [gone, topic] });
    const first = streams.consumer(gone, { group: 'worker' });
    const running = first.run(() => undefined);
    await first.ready;
    await first.close();
    await running;
    await streams.admin.delete(gone);
    const second = streams.consumer(topic, { group: 'worker' });

    await expect(second.run(() => undefined)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('belongs to a topic that was deleted'),
    });
    const groups = await streams.admin.allGroups();
    expect(groups.map(({ group }) => group)).not.toContain('worker');
    await streams.close();
  });
});
