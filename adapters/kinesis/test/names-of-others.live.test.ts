import {
  type Adapter,
  createStreams,
  defineTopic,
  NonRetryableError,
  type RawEvent,
  type RawInput,
  type Topic,
} from '@isostream/core';
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterOf } from './support/group-under-test.ts';

let emulator: KinesisEmulator;
beforeAll(async () => {
  emulator = await startKinesis({ mode: 'native' });
});
afterAll(() => emulator.stop());

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
    ['__debezium-heartbeat.inventory', 'orders:billing'],
    ['1st', 'größe 注文'],
    [`s${'x'.repeat(127)}`, 'x'.repeat(249)],
  ])('as %s for a stream, and %s for a group', async (name, group) => {
    expect(await walk(defineTopic(name, { raw: true, partitions: 1 }), group, adapterOf(emulator))).toEqual(['v']);
  });

  it('as a stream cannot have are refused as such', async () => {
    const topic = defineTopic('with~tilde', { raw: true, partitions: 1 });
    await expect(createStreams({ adapter: adapterOf(emulator), topics: [topic] })).rejects.toMatchObject({
      code: 'invalid-config',
    });
  });
});
