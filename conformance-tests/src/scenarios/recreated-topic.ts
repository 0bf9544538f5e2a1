import { atLeast, tell } from '../checks/check.ts';
import { contiguousCommits } from '../checks/commits.ts';
import { allDelivered, exclusive, noSendFailed } from '../checks/delivery.ts';
import { perKeyOrder } from '../checks/order.ts';
import { ofKind } from '../history/history.ts';
import { loadTopic } from '../load/load-topic.ts';
import { because, type Scenario } from '../run/scenario.ts';

export const recreatedTopic: Scenario = {
  id: 'send/a-recreated-topic-is-opened-anew',
  title: 'a topic that is created again with fewer partitions under an open producer is written to as it is then',
  without: {
    ...because(
      'what was in the deleted topic is gone, and may lie below the new places',
      'all delivered',
      'contiguous commits',
    ),
    ...because('a topic of the same name is another one', 'positions are unique', 'positions grow'),
    ...because('the second topic has fewer partitions', 'stable partition'),
  },
  async run(stage) {
    const topic = stage.topic({ partitions: 6 });
    const smaller = loadTopic(topic.name, { partitions: 2 });
    const { streams } = await stage.client([topic]);
    // One that sends while the topic is gone, and one that does not notice.
    const [told, idle] = [streams.producer(topic), streams.producer(topic)];
    const send = (producer: typeof told, sender: string, events: number): Promise<void> =>
      stage.load.sendAll(producer, topic, { events, keys: Math.min(events, 60), keyPrefix: `${sender}-`, sender });
    await Promise.all([send(told, 'before', 100), send(idle, 'before-idle', 100)]);
    await streams.admin.delete(topic);
    await send(told, 'gone', 2);
    stage.mark('gone');
    await streams.admin.ensure(smaller);
    stage.mark('created');
    await Promise.all([send(told, 'after', 150), send(idle, 'after-idle', 150)]);
    await stage.member(smaller, { handle: () => undefined });
    const { arrivals } = stage.history;
    const from = arrivals.findIndex((entry) => entry.kind === 'mark' && entry.name === 'created');
    const stored = ofKind(arrivals.slice(from), 'sent').length;
    await stage.until('everything is read', () => ofKind(stage.history.arrivals, 'settle').length >= stored);
    const { entries } = stage.history;
    const [gone, created] = ['gone', 'created'].map((name) =>
      entries.findIndex((entry) => entry.kind === 'mark' && entry.name === name),
    );
    const refusals = ofKind(entries.slice(0, gone), 'send-failed');
    const after = entries.slice(created);
    const used = new Set(ofKind(after, 'deliver').map(({ partition }) => partition));
    return {
      'a topic that is gone is named': [
        ...tell(
          'sends with another error',
          refusals.filter(({ code }) => code !== 'unknown-topic').map(({ id, code }) => `${id} (${code})`),
        ),
        ...atLeast('refused', refusals.length, 2),
      ],
      'no send fails afterwards': noSendFailed(after),
      'all delivered': allDelivered(after),
      'contiguous commits': contiguousCommits(after),
      'exactly once': exclusive(after),
      'order per key': perKeyOrder(after),
      'as it is now': [
        ...atLeast('deliveries', ofKind(after, 'deliver').length, 300),
        ...atLeast('partitions in use', used.size, stage.lanes(2)),
      ],
    };
  },
};
