import { atLeast } from '../checks/check.ts';
import { exclusive } from '../checks/delivery.ts';
import { ofKind } from '../history/history.ts';
import { loadTopic } from '../load/load-topic.ts';
import type { Handle } from '../run/recorded-call.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { anyNumberIsMet, fails } from './refusals.ts';

const needs: Scenario['needs'] = {
  capability: 'reshard: split-merge',
  isDeclared: ({ reshard }) => reshard === 'split-merge',
  async refused(stage) {
    const topic = stage.topic({ partitions: 2 });
    if (stage.capabilities.settlement === 'individual')
      return anyNumberIsMet(
        stage,
        topic,
        [4, 1].map((partitions) => loadTopic(topic.name, { partitions })),
      );
    const { streams } = await stage.client([topic]);
    const code = stage.capabilities.reshard === 'none' ? 'unsupported' : 'consent-required';
    return {
      'grow a keyed topic': await fails(code, () => streams.admin.ensure(loadTopic(topic.name, { partitions: 4 }))),
      'shrink a topic': await fails('unsupported', () =>
        streams.admin.ensure(loadTopic(topic.name, { partitions: 1 })),
      ),
    };
  },
};

export const splitAndMerge: Scenario = {
  id: 'key-order/partitions-are-split-and-merged',
  title: 'partitions of a keyed topic are split and merged under load: every key keeps its order, nothing comes twice',
  without: because('what is split or merged has its keys in other partitions afterwards', 'stable partition'),
  timeoutMs: 180_000,
  needs,
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const { streams } = await stage.client([topic]);
    // While partitions change handlers stand still, so that what ends has events left, and what continues it must wait.
    let goOn = (): void => undefined;
    let standing = Promise.resolve();
    const handle: Handle = async () => {
      await standing;
      await stage.pause(stage.random() * 4);
    };
    const options = { handle, handlerTimeout: '2m', drainTimeout: '2m' } as const;
    const members = [await stage.member(topic, options), await stage.member(topic, options)];
    const assigned = (): number => members.reduce((sum, { consumer }) => sum + consumer.assignments.length, 0);
    await stage.until('both have a partition', () =>
      members.every(({ consumer }) => consumer.assignments.length === 1),
    );
    const producer = streams.producer(topic);
    const send = (events: number, perSecond?: number): Promise<void> =>
      stage.load.sendAll(producer, topic, { events, keys: 60, ...(perSecond === undefined ? {} : { perSecond }) });
    // Doubled, split one by one, merged one by one, halved.
    for (const partitions of [4, 5, 2, 1])
      await stage.during(`${partitions} partitions`, async () => {
        standing = new Promise((resolve) => (goOn = resolve));
        await send(100);
        await Promise.all([send(100, 100), streams.admin.ensure(loadTopic(topic.name, { partitions }))]);
        await send(100);
        goOn();
      });
    // Parents of parents, and events that come while nothing changes any more.
    await send(100);
    await stage.untilSettled(topic);
    await stage.until('the last partition is assigned', () => assigned() === 1);
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    const { entries } = stage.history;
    const used = new Set(ofKind(entries, 'deliver').map(({ partition }) => partition));
    return {
      'exactly once': exclusive(entries),
      'enough changes': atLeast('partitions in use', used.size, 6),
    };
  },
};

export const splitTwiceUnread: Scenario = {
  id: 'start-replay/partitions-split-before-they-are-read',
  title: 'a group at the latest event misses nothing of partitions that are split and merged before it has read any',
  without: because('what is split or merged has its keys in other partitions afterwards', 'stable partition'),
  timeoutMs: 180_000,
  needs,
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const send = (): Promise<void> => stage.load.sendAll(producer, topic, { events: 40, keys: 40 });
    /** One change after the other; what they leave behind holds events, and nobody has found it yet. */
    const change = async (...counts: readonly number[]): Promise<void> => {
      for (const partitions of counts) {
        await send();
        await streams.admin.ensure(loadTopic(topic.name, { partitions }));
      }
      await send();
    };
    let goOn = (): void => undefined;
    const standing = new Promise<void>((resolve) => (goOn = resolve));
    const options = { from: 'latest', handlerTimeout: '2m', drainTimeout: '2m' } as const;

    const first = await stage.member(topic, { ...options, handle: () => undefined });
    await stage.until('the group has started', () => first.consumer.assignments.length === 1);
    await first.consumer.close();
    // Nobody is there: one declaration is two splits.
    await stage.during('nobody is there', () => change(3, 2));
    const second = await stage.member(topic, { ...options, handle: () => standing });
    await stage.until('there is a backlog', () => ofKind(stage.history.arrivals, 'deliver').length > 0);
    await stage.during('a member is behind', () => change(4, 3));
    goOn();
    await stage.untilSettled(topic);
    await second.consumer.close();
    const { entries } = stage.history;
    const used = new Set(ofKind(entries, 'deliver').map(({ partition }) => partition));
    return {
      'enough changes': atLeast('partitions in use', used.size, 6),
    };
  },
};
