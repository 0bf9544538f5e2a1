import { noKeys } from './not-about.ts';
import { atLeast, tell } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import { unkeyedTopic } from '../load/load-topic.ts';
import type { Scenario } from '../run/scenario.ts';

export const twoTopics: Scenario = {
  id: 'groups/one-group-name-on-two-topics',
  title: 'one group name on two topics: each is read to its last partition, also one that is added, whoever came first',
  without: noKeys,
  async run(stage) {
    const grows = stage.capabilities.reshard !== 'none';
    const partitions = grows ? 4 : 2;
    const other = unkeyedTopic(stage.name(), { partitions: 2 });
    const topic = unkeyedTopic(stage.name(), { partitions: 2 });
    const grown = unkeyedTopic(topic.name, { partitions });
    // Where a group has a leader it is who came first, and that one does not read what grows.
    const first = await stage.member(other, { handle: () => undefined });
    await stage.until('the first has its topic', () => first.consumer.assignments.length === stage.lanes(2));
    const second = await stage.member(topic, { handle: () => undefined });
    await stage.until('the second has its topic', () => second.consumer.assignments.length === stage.lanes(2));
    const { streams } = await stage.client([other]);
    if (grows) await streams.admin.ensure(grown);
    await Promise.all([
      stage.load.sendAll(streams.producer(grown), topic, { events: 200, keys: 100, keyPrefix: 'grown-' }),
      stage.load.sendAll(streams.producer(other), other, { events: 100, keys: 50, keyPrefix: 'other-' }),
    ]);
    await stage.untilSettled(topic);
    await stage.untilSettled(other);
    const { entries } = stage.history;
    const deliveries = ofKind(entries, 'deliver');
    const strayed = deliveries.filter((entry) => (entry.member === first.name) !== (entry.topic === other.name));
    const used = new Set(deliveries.flatMap((entry) => (entry.topic === topic.name ? [entry.partition] : [])));
    return {
      'each reads its own topic': tell(
        'delivered to a member that reads another topic',
        strayed.map(({ id }) => id),
      ),
      'every partition is used': atLeast('partitions in use', used.size, stage.lanes(partitions)),
    };
  },
};
