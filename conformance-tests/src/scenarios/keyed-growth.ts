import { atLeast, tell } from '../checks/check.ts';
import { noSendFailed } from '../checks/delivery.ts';
import type { Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { loadTopic } from '../load/load-topic.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { anyNumberIsMet, fails } from './refusals.ts';

const consent = ['grow-keyed-topic'] as const;

export const keyedGrowth: Scenario = {
  id: 'key-order/a-keyed-topic-grows',
  title:
    'a keyed topic that grows with consent keeps every key in order: of a producer at work, and of the next one once the group has drained',
  needs: {
    capability: 'reshard: grow',
    isDeclared: ({ reshard }) => reshard === 'grow',
    async refused(stage) {
      const topic = stage.topic({ partitions: 1 });
      const grown = loadTopic(topic.name, { partitions: 2 });
      if (stage.capabilities.settlement === 'individual') return anyNumberIsMet(stage, topic, [grown]);
      const { streams } = await stage.client([topic]);
      if (stage.capabilities.reshard === 'none')
        return { 'more partitions': await fails('unsupported', () => streams.admin.ensure(grown, { consent })) };
      // Where partitions are split no key loses its order.
      const { change } = await streams.admin.ensure(grown);
      return { 'no consent is needed': change === 'alter' ? [] : [`ensure says ${change}, not alter`] };
    },
  },
  without: because('keys of the next producer have other partitions than those of the last', 'stable partition'),
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const grown = loadTopic(topic.name, { partitions: 5 });
    const { streams } = await stage.client([topic]);
    const options = { handle: stage.busy(10) };
    const members = [await stage.member(topic, options), await stage.member(topic, options)];
    await stage.until('both have partitions', () => members.every(({ consumer }) => consumer.assignments.length > 0));
    let goOn = true;
    const load = { events: 300, keys: 40, perSecond: 300 };
    const old = streams.producer(topic);
    const sending = stage.load.sendAll(old, topic, { ...load, sender: 'old', goOn: () => goOn });
    await stage.until('the producer is at work', () => ofKind(stage.history.arrivals, 'sent').length >= 100);
    const refused = await fails('consent-required', () => streams.admin.ensure(grown));
    await streams.admin.ensure(grown, { consent });
    stage.mark('grown');
    await stage.until(
      'the new partitions are assigned',
      () => members.reduce((sum, { consumer }) => sum + consumer.assignments.length, 0) === 5,
    );
    await stage.until('the producer goes on', () => sentAfter(stage.history.arrivals, 'grown') >= 100);
    // As the message of the refusal says: producers stop, groups drain, and others begin.
    goOn = false;
    await sending;
    await old.close();
    await stage.untilSettled(topic);
    stage.mark('drained');
    await stage.load.sendAll(await stage.producer(grown), topic, { ...load, sender: 'new' });
    await stage.untilSettled(topic);
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    const { entries } = stage.history;
    const used = new Set(ofKind(entries, 'deliver').map(({ partition }) => partition));
    return {
      'refused without consent': refused,
      'an open producer keeps its keys where they are': tell('keys that moved', movedBefore(entries, 'drained')),
      'no send failed': noSendFailed(entries),
      'the new ones are used': atLeast('partitions in use', used.size, 5),
      'enough traffic': atLeast('events that the old producer sent afterwards', sentAfter(entries, 'grown'), 100),
    };
  },
};

function sentAfter(entries: readonly Entry[], mark: string): number {
  const index = entries.findIndex((entry) => entry.kind === 'mark' && entry.name === mark);
  return index < 0 ? 0 : ofKind(entries.slice(index), 'sent').length;
}

/** Keys that were stored in more than one partition before a mark. */
function movedBefore(entries: readonly Entry[], mark: string): readonly string[] {
  const index = entries.findIndex((entry) => entry.kind === 'mark' && entry.name === mark);
  const places = new Map<string | null, Set<string | undefined>>();
  for (const { key, partition } of ofKind(entries.slice(0, index), 'deliver'))
    places.set(key, (places.get(key) ?? new Set()).add(partition));
  return [...places].flatMap(([key, found]) => (found.size > 1 ? [`${key} in ${[...found].join(' and ')}`] : []));
}
