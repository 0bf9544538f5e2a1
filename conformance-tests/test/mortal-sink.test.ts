import { createStreams, defineTopic } from '@isostream/core';
import { openAdapter } from '@isostream/core/adapter';
import { createMemory } from '@isostream/memory';
import { expect, it } from 'vitest';
import { MortalSink } from '../src/faults/mortal-sink.ts';

const topic = defineTopic('doomed', { raw: true, partitions: 1 });

it('ends a producer in the middle of a write, also if it has just been told of everything', async () => {
  const life = new MortalSink();
  const streams = await createStreams({ adapter: life.adapter(openAdapter(createMemory())), topics: [topic] });
  const producer = streams.producer(topic);
  await producer.send({ key: 'k', value: Buffer.from('before') });
  const ending = life.endInAWrite();
  expect(life.isAlive).toBe(true);
  const last = producer.send({ key: 'k', value: Buffer.from('in the middle') });
  const answered = last.then(
    () => true,
    () => false,
  );
  await ending;
  await streams.close({ deadline: 0 });

  expect(await answered).toBe(false);
});
