import { createStreams, defineTopic, type Schema } from '@isostream/core';
import { expect, it } from 'vitest';
import { createMemory } from '../src/index.ts';

interface Saved {
  readonly id: string;
}

const saved: Schema<Saved> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'object' && value !== null && 'id' in value
        ? { value: { id: String(value.id) } }
        : { issues: [{ message: 'expected an id' }] },
  },
};
const declared = defineTopic('customers', {
  events: { saved },
  key: (event) => event.data.id,
  partitions: 1,
  compaction: true,
  tombstones: true,
});

it('a tombstone has a handler of its own, without which a map is refused', async () => {
  await using streams = await createStreams({ adapter: createMemory(), topics: [declared] });
  await streams.producer(declared).send({ type: 'saved', data: { id: 'a' } });
  await streams.producer(declared).send({ type: 'tombstone', key: 'a' });
  const seen: string[] = [];
  const report = await streams.replay(declared, { from: 'earliest' }).run({
    saved: ({ data }) => void seen.push(`saved ${data.id}`),
    tombstone: ({ key, data }) => void seen.push(`removed ${key} ${String(data)}`),
  });
  expect(report).toEqual({ events: 2 });
  expect(seen).toEqual(['saved a', 'removed a null']);
  await expect(
    // @ts-expect-error no handler for tombstones
    streams.replay(declared, { from: 'earliest' }).run({ saved: () => undefined }),
  ).rejects.toMatchObject({ code: 'invalid-config', message: expect.stringContaining('no handler for "tombstone"') });
});

it('that is not declared is dead-lettered, passed over or the end, as for a type that is not declared, and goes back as it was', async () => {
  const undeclared = defineTopic('customers', { events: { saved }, key: (event) => event.data.id, partitions: 1 });
  await using streams = await createStreams({ adapter: createMemory(), topics: [declared] });
  const raw = streams.producer(defineTopic('customers', { raw: true }));
  await raw.send({ key: 'a', value: null });
  await streams.producer(declared).send({ type: 'saved', data: { id: 'a' } });

  for (const [group, options] of [
    ['letters', {}],
    ['skips', { onUnknownType: 'skip' }],
  ] as const) {
    const seen: string[] = [];
    const consumer = streams.consumer(undeclared, { group, ...options });
    const running = consumer.run(({ type }) => void seen.push(type));
    await expect.poll(() => seen).toEqual(['saved']);
    await consumer.close();
    await running;
  }
  await expect(
    streams.consumer(undeclared, { group: 'stops', onUnknownType: 'stop' }).run(() => undefined),
  ).rejects.toMatchObject({ code: 'undecodable', message: expect.stringContaining('tombstones: true') });

  const letters = [];
  for await (const letter of streams.deadLetters(declared, { group: 'letters' })) letters.push(letter);
  expect(letters).toMatchObject([
    { key: 'a', eventType: 'tombstone', attempts: 1, event: { type: 'tombstone', key: 'a' } },
  ]);
  expect(await streams.redrive(declared, { group: 'letters' })).toMatchObject({ redriven: 1 });
  const types: string[] = [];
  await streams.replay(declared, { from: 'earliest' }).run(({ type, key }) => void types.push(`${type} ${key}`));
  expect(types).toEqual(['tombstone a', 'saved a', 'tombstone a']);
});
