import type { Streams } from '@isostream/core';
import { type Adapter, openAdapter } from '@isostream/core/adapter';
import { atLeast } from '../checks/check.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import { Garbage } from '../run/garbage.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';

const rounds = 100;

export const freedWhenClosed: Scenario = {
  id: 'close/closed-clients-are-freed',
  title: 'a client keeps nothing of producers, consumers, replays and lists of letters that are closed',
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const { streams } = await stage.client([topic]);
    const garbage = new Garbage();
    // Longer than any of them: what listens to it has to let go of it.
    const { signal } = new AbortController();
    for (let round = 0; round < rounds; round += 20)
      await Promise.all(Array.from({ length: 20 }, () => openAndClose(stage, streams, topic, garbage)));
    await runAndClose(stage, streams, topic, garbage, signal);
    const adapter = openAdapter(stage.harness.createAdapter('freed'));
    for (let round = 0; round < rounds; round += 20)
      await Promise.all(Array.from({ length: 20 }, () => openSink(adapter, topic, garbage, signal)));
    let held = garbage.watched;
    // Connections may still be on their way down.
    await stage.until('what was closed is freed', async () => (held = await garbage.held()) <= most);
    await adapter.close();
    return {
      'freed when closed': held <= most ? [] : [`${held} of ${garbage.watched} are still held`],
      'enough of them': atLeast('opened and closed', garbage.watched, 2 * rounds),
    };
  },
};

/** The last of a kind may stand on a stack, or in a register. */
const most = 5;

async function openAndClose(stage: Stage, streams: Streams, topic: LoadTopic, garbage: Garbage): Promise<void> {
  const producer = garbage.watch(streams.producer(topic));
  await producer.send(stage.load.event(topic, 'k'));
  await producer.close();
  await garbage.watch(streams.consumer(topic, { group: 'closed' })).close();
}

/** The adapter's own part of a producer. */
async function openSink(adapter: Adapter, topic: LoadTopic, garbage: Garbage, signal: AbortSignal): Promise<void> {
  const sink = garbage.watch(adapter.createSink(topic.name));
  await sink.open(signal);
  await sink.close();
}

async function runAndClose(
  stage: Stage,
  streams: Streams,
  topic: LoadTopic,
  garbage: Garbage,
  signal: AbortSignal,
): Promise<void> {
  const consumers = Array.from({ length: 3 }, () => garbage.watch(streams.consumer(topic, { group: 'run' })));
  const running = consumers.map((consumer) => consumer.run(() => undefined, { signal }));
  await stage.until('somebody has the partition', () => consumers.some(({ assignments }) => assignments.length > 0));
  await Promise.all(consumers.map((consumer) => consumer.close()));
  await Promise.all(running);
  if (!stage.capabilities.replay) return;
  for (let round = 0; round < 5; round++) {
    await garbage.watch(streams.replay(topic, { from: 'earliest' })).run(() => undefined, { signal });
    for await (const letter of garbage.watch(streams.deadLetters(topic, { group: 'run', signal })))
      throw new Error(`letter ${letter.id} was found where there is none`);
  }
}
