import { setTimeout as wait } from 'node:timers/promises';
import { createStreams } from '@isostream/core';
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { AwsFaults } from '@isostream/fault-injection/aws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterOf, GroupUnderTest } from './support/group-under-test.ts';

let emulator: KinesisEmulator;
beforeAll(async () => {
  emulator = await startKinesis({ mode: 'native' });
});
afterAll(() => emulator.stop());

describe('with five reads a second, on a shard that is written to all the time', () => {
  it(
    'a group at the latest event begins, a replay from a time ends, and lag is told',
    { timeout: 120_000 },
    async () => {
      await using group = await GroupUnderTest.create(emulator, 1);
      let isSending = true;
      const load = (async () => {
        while (isSending) {
          await group.send(9, 1);
          await wait(200);
        }
      })();
      await group.until('there are many pages', () => group.sent > 400);
      const faults = new AwsFaults();
      faults.add({ operation: 'GetRecords', allowedPerSecond: 5, fault: { kind: 'throttle' } });
      const adapter = adapterOf(emulator, { requestHandler: faults.handler(), readRecords: 50 });
      await using streams = await createStreams({ adapter, topics: [group.topic], topology: 'assume' });
      try {
        const consumer = streams.consumer(group.topic, { group: 'late', from: 'latest' });
        let late = 0;
        const running = consumer.run(() => {
          late += 1;
        });
        const replayed = streams.replay(group.topic, { from: new Date(Date.now() - 5_000) }).run(() => undefined);
        expect((await replayed).events).toBeGreaterThan(0);
        await group.until('the group is at work', () => late > 0);
        const [lag] = await streams.admin.lag(group.topic, 'late');
        expect(lag?.ms).toBeDefined();
        await consumer.close();
        await running;
        expect(faults.bites).toBeGreaterThan(0);
      } finally {
        isSending = false;
        await load;
      }
    },
  );
});
