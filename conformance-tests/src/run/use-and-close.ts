import { setTimeout as sleep } from 'node:timers/promises';
import type { Streams } from '@isostream/core';
import type { LoadTopic } from '../load/load-topic.ts';

const events = 20;

/** Sends, reads and asks with one client, and closes it in the middle of all that. Returns how many events it handled. */
export async function useAndClose(streams: Streams, topic: LoadTopic): Promise<number> {
  const producer = streams.producer(topic);
  const handled = new Set<string>();
  let done = (): void => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  const consumer = streams.consumer(topic, { group: 'closing', commitInterval: 20 });
  let isOver = false;
  const running = consumer
    .run(({ id }) => {
      handled.add(id);
      if (handled.size === events) done();
    })
    .finally(() => (isOver = true));
  // Not every emulator gives a group what is sent while it is made.
  while (consumer.assignments.length === 0 && !isOver) await sleep(10);
  for (let seq = 0; seq < events; seq++)
    await producer.send({ type: 'load', id: `k${seq % 4}#${seq}`, data: { key: `k${seq % 4}`, seq } });
  // One that fails ends the wait as well.
  await Promise.race([all, running]);
  await streams.admin.validate(topic);
  await streams.close();
  await running;
  return handled.size;
}
