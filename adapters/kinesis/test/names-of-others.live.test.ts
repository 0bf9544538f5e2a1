import { useGroupByName } from '@isostream/conformance';
import { createStreams, defineTopic } from '@isostream/core';
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterOf } from './support/group-under-test.ts';

let emulator: KinesisEmulator;
beforeAll(async () => {
  emulator = await startKinesis({ mode: 'native' });
});
afterAll(() => emulator.stop());

describe('names that other clients give', () => {
  it.each([
    ['__debezium-heartbeat.inventory', 'orders:billing'],
    ['1st', 'größe 注文'],
    [`s${'x'.repeat(127)}`, 'x'.repeat(249)],
  ])('as %s for a stream, and %s for a group', async (name, group) => {
    const topic = defineTopic(name, { raw: true, partitions: 1 });
    expect(await useGroupByName(adapterOf(emulator), topic, group)).toEqual([]);
  });

  it('as a stream cannot have are refused as such', async () => {
    const topic = defineTopic('with~tilde', { raw: true, partitions: 1 });
    await expect(createStreams({ adapter: adapterOf(emulator), topics: [topic] })).rejects.toMatchObject({
      code: 'invalid-config',
    });
  });
});
