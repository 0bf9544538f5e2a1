import { atLeast } from '../checks/check.ts';
import { contiguousCommits, monotonicCommits } from '../checks/commits.ts';
import { allDelivered, exclusive } from '../checks/delivery.ts';
import { afterPredecessors, perKeyOrder, singleFlightPerKey } from '../checks/order.ts';
import { ofKind } from '../history/history.ts';
import { loadTopic } from '../load/load-topic.ts';
import type { Scenario } from '../run/scenario.ts';
import { fails } from './refusals.ts';

export const splitAndMerge: Scenario = {
  id: 'B9',
  clause: 'KEY-ORDER',
  title: 'partitions of a keyed topic are split and merged under load: every key keeps its order, nothing comes twice',
  needs: {
    capability: 'reshard: split-merge',
    isDeclared: ({ reshard }) => reshard === 'split-merge',
    async refused(stage) {
      if (stage.capabilities.settlement === 'individual') return {};
      const topic = stage.topic({ partitions: 2 });
      const { streams } = await stage.client([topic]);
      const code = stage.capabilities.reshard === 'none' ? 'unsupported' : 'consent-required';
      return {
        'grow a keyed topic': await fails(code, () => streams.admin.ensure(loadTopic(topic.name, { partitions: 4 }))),
        'shrink a topic': await fails('unsupported', () =>
          streams.admin.ensure(loadTopic(topic.name, { partitions: 1 })),
        ),
      };
    },
  },
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const { streams } = await stage.client([topic]);
    const members = [
      await stage.member(topic, { handle: stage.busy(4) }),
      await stage.member(topic, { handle: stage.busy(4) }),
    ];
    const assigned = (): number => members.reduce((sum, { consumer }) => sum + consumer.assignments.length, 0);
    await stage.until('both have a partition', () =>
      members.every(({ consumer }) => consumer.assignments.length === 1),
    );
    let isChanging = true;
    const load = stage.sendLoad(streams.producer(topic), topic, {
      events: 600,
      keys: 60,
      perSecond: 200,
      goOn: () => isChanging,
    });
    // Doubled, split one by one, merged one by one, halved: the third comes while children of the first are still read.
    for (const partitions of [4, 5, 2, 1])
      await stage.during(`${partitions} partitions`, async () => {
        await streams.admin.ensure(loadTopic(topic.name, { partitions }));
      });
    isChanging = false;
    await load;
    await stage.untilSettled(topic);
    await stage.until('the last partition is assigned', () => assigned() === 1);
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    const { entries } = stage.history;
    const used = new Set(ofKind(entries, 'deliver').map(({ partition }) => partition));
    return {
      'order per key': perKeyOrder(entries),
      'after predecessors': afterPredecessors(entries),
      'single flight per key': singleFlightPerKey(entries),
      'all delivered': allDelivered(entries),
      'exactly once': exclusive(entries),
      'contiguous commits': contiguousCommits(entries),
      'monotonic commits': monotonicCommits(entries),
      'enough changes': atLeast('partitions in use', used.size, 6),
    };
  },
};
