import { openAdapter } from '@isostream/core/adapter';
import { type Consumer, StreamError } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import type { Client } from '../run/stage-options.ts';
import { because, type Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';

/** A consumer, what it has handled, and how it ended. */
interface Watched {
  readonly consumer: Pick<Consumer<unknown>, 'assignments' | 'close'>;
  readonly seen: Set<string>;
  ended: string | undefined;
}

export const deletedTopic: Scenario = {
  id: 'groups/a-topic-is-deleted-under-its-members',
  title: 'a topic that is deleted under a running member ends it with unknown-topic, also if it is created again',
  without: because(
    'a topic of the same name is another one',
    'every send answered',
    'positions are unique',
    'positions grow',
  ),
  async run(stage) {
    const [gone, anew] = [stage.topic({ partitions: 2 }), stage.topic({ partitions: 2 })];
    const client = await stage.client([gone, anew]);
    const members = { gone: watch(client, gone), anew: watch(client, anew) };
    for (const [member, topic] of [
      [members.gone, gone],
      [members.anew, anew],
    ] as const) {
      await stage.until('the member is assigned', () => member.consumer.assignments.length > 0);
      await send(stage, client, topic, 20);
      await stage.until('the member has what is there', () => member.seen.size === 20);
    }
    // By other tools, which say nothing to the members.
    const tool = openAdapter(stage.harness.createAdapter('tool'));
    try {
      await Promise.all([gone, anew].map(({ name }) => tool.admin.deleteTopic(name)));
      // Where the time at which a topic was made tells it from an earlier one, that has whole seconds.
      await stage.pause(1_100);
      await tool.admin.createTopic(anew.name, { partitions: 2 });
      await stage.until('both members end', () =>
        [members.gone, members.anew].every(({ ended }) => ended !== undefined),
      );
      // What is kept of the group elsewhere, if anything is: nobody else would ever delete it.
      await tool.admin.deleteGroup(gone.name, 'g').catch(unlessUnknown);
    } finally {
      await tool.close();
    }
    await Promise.all([members.gone.consumer.close(), members.anew.consumer.close()]);

    // The group is a new one on the new topic.
    const later = await stage.client([anew]);
    const again = watch(later, anew);
    await stage.until('the next member is assigned', () => again.consumer.assignments.length > 0);
    await send(stage, later, anew, 20);
    await stage.until('the next member has what is there', () => again.seen.size === 20);
    const isWorking = again.ended === undefined;
    await again.consumer.close();
    return {
      'the member of a topic that is gone is told': endedAs('unknown-topic', members.gone),
      'the member of a topic that is another one is told': endedAs('unknown-topic', members.anew),
      'the next member works': isWorking ? [] : [`it ended: ${String(again.ended)}`],
      'enough traffic': atLeast('events on the new topic', again.seen.size, 20),
    };
  },
};

function watch({ streams }: Client, topic: LoadTopic): Watched {
  const consumer = streams.consumer(topic, { group: 'g', from: 'earliest' });
  const watched: Watched = { consumer, seen: new Set(), ended: undefined };
  consumer
    .run(({ id }) => void watched.seen.add(id))
    .then(
      () => (watched.ended ??= 'without an error'),
      (error: unknown) => (watched.ended = StreamError.is(error) ? error.code : String(error)),
    );
  return watched;
}

async function send(stage: Stage, { streams }: Client, topic: LoadTopic, events: number): Promise<void> {
  const producer = streams.producer(topic);
  await stage.load.sendAll(producer, topic, { events, keys: 10 });
  await producer.close();
}

function unlessUnknown(error: unknown): void {
  if (!StreamError.is(error) || error.code !== 'unknown-topic') throw error;
}

function endedAs(code: string, { ended }: Watched): readonly string[] {
  return ended === code ? [] : [`it ended: ${String(ended)}`];
}
