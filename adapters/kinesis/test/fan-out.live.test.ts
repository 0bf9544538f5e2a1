import { ListStreamConsumersCommand } from '@aws-sdk/client-kinesis';
import { createStreams } from '@isostream/core';
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adapterOf, GroupUnderTest } from './support/group-under-test.ts';

let emulator: KinesisEmulator;
beforeAll(async () => {
  emulator = await startKinesis({ mode: 'native' });
});
afterAll(() => emulator.stop());

it('members are pushed what is stored as one registered consumer, which goes with the group', async () => {
  await using group = await GroupUnderTest.create(emulator, 2);
  const adapter = adapterOf(emulator, { enhancedFanOut: true });
  const calls: string[] = [];
  adapter.native.kinesis.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        calls.push(commandName);
        return next(args);
      },
    { step: 'initialize' },
  );
  const consumersOf = async (): Promise<(string | undefined)[]> => {
    const arn = `arn:aws:kinesis:${emulator.region}:000000000000:stream/${group.topic.name}`;
    const { Consumers: all = [] } = await adapter.native.kinesis.send(
      new ListStreamConsumersCommand({ StreamARN: arn }),
    );
    return all.map(({ ConsumerName: name }) => name);
  };
  await using streams = await createStreams({ adapter, topics: [group.topic], topology: 'assume' });
  const consumer = streams.consumer(group.topic, { group: 'pushed', from: 'earliest' });
  const seen: string[] = [];
  const running = consumer.run(
    ({ key, value }) => void seen.push(`${String(key)} ${Buffer.from(value ?? []).toString()}`),
  );
  for (let rounds = 1; rounds <= 3; rounds++) {
    await group.send(5, 1);
    await group.until('they are seen', () => seen.length === rounds * 5);
  }
  const registered = await consumersOf();
  await consumer.close();
  await running;
  await streams.admin.deleteGroup(group.topic, 'pushed');

  expect(new Set(seen).size).toBe(15);
  expect(registered).toEqual(['isostream-pushed']);
  expect(calls).not.toContain('GetRecordsCommand');
  await group.until('it is deregistered', async () => (await consumersOf()).length === 0);
});
