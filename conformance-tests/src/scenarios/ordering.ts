import { atLeast } from '../checks/check.ts';
import { keysAtOnce, senderOrder } from '../checks/order.ts';
import { ofKind } from '../history/history.ts';
import { unkeyedTopic } from '../load/load-topic.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { baseLoad, busyEnough, startMembers, readToEnd } from './base-load.ts';
import { refusal } from './refusals.ts';

export const keysInParallel: Scenario = {
  id: 'keys-parallel/keys-run-at-once',
  title: 'different keys run at once, also inside one partition',
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const producer = await stage.producer(topic);
    for (let index = 0; index < 100; index++)
      await stage.load.send(producer, topic, stage.load.event(topic, `k${index % 50}`));
    const entries = await readToEnd(stage, topic, { concurrency: 25, handle: () => stage.pause(100) });
    return {
      'keys at once': atLeast('keys at once', keysAtOnce(entries), 20),
      'at most the concurrency':
        keysAtOnce(entries) > 25 ? [`${keysAtOnce(entries)} keys at once with a concurrency of 25`] : [],
    };
  },
};

export const orderAcrossRetry: Scenario = {
  id: 'key-order/a-failed-event-blocks-its-key',
  title: 'while an event is tried again, nothing later of its key is handed out',
  async run(stage) {
    await baseLoad(stage, {
      keys: 100,
      events: stage.scaled(3_000, 600),
      retry: { attempts: 8, backoff: { initial: 5, max: 40 } },
      handle: async (_, { attempt }) => {
        await stage.pause(stage.random() * 8);
        if (attempt < 4 && stage.random() < 0.2) throw new Error('not this time');
      },
    });
    const { entries } = stage.history;
    const failed = ofKind(entries, 'settle').filter((entry) => entry.result === 'retry').length;
    return {
      'enough failures': atLeast('failed attempts', failed, stage.scaled(3_000, 600) / 20),
    };
  },
};

export const concurrentSenders: Scenario = {
  id: 'send-order/several-producers-each-in-order',
  title: 'several producers at once: each one’s events of a key stay in its order',
  without: because(
    'producers share the keys; the order of each is judged by itself',
    'order per key',
    'after predecessors',
    'positions grow',
  ),
  async run(stage) {
    const topic = stage.topic();
    const members = await startMembers(stage, topic, 2, { handle: stage.busy(3) });
    const events = stage.scaled(800, 200);
    const senders = await Promise.all(
      ['p1', 'p2', 'p3', 'p4'].map(async (sender) => ({ sender, producer: await stage.producer(topic) })),
    );
    await Promise.all(
      senders.map(({ sender, producer }) => stage.load.sendAll(producer, topic, { events, keys: 40, sender })),
    );
    await stage.untilSettled(topic);
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    const { entries } = stage.history;
    return {
      'order per sender': senderOrder(entries),
      ...busyEnough(entries, events * 4, 2),
    };
  },
};

export const stableKeys: Scenario = {
  id: 'key-order/a-key-keeps-its-partition',
  title: 'a key has one partition, keys spread, and events without a key spread as well',
  needs: {
    capability: 'settlement by watermark, in partitions',
    isDeclared: ({ settlement }) => settlement === 'watermark',
    refused: async (stage) => {
      const topic = stage.topic();
      const { streams } = await stage.client([topic]);
      return { 'order by partition': refusal(() => streams.consumer(topic, { group: 'g', ordering: 'partition' })) };
    },
  },
  async run(stage) {
    const keyed = stage.topic();
    const unkeyed = unkeyedTopic(stage.name(), { partitions: 8 });
    const [first, second] = [await stage.producer(keyed), await stage.producer(keyed)];
    await stage.load.sendAll(first, keyed, { events: 400, keys: 100 });
    await stage.load.sendAll(second, keyed, { events: 400, keys: 100 });
    const { streams } = await stage.client([unkeyed]);
    const producer = streams.producer(unkeyed);
    for (let index = 0; index < 50; index++) await stage.load.send(producer, unkeyed, stage.load.event(unkeyed, null));
    const { entries } = stage.history;
    const partitions = (topic: string): number =>
      new Set(ofKind(entries, 'sent').flatMap((entry) => (entry.topic === topic ? [entry.partition] : []))).size;
    return {
      'keys spread': atLeast('partitions in use', partitions(keyed.name), 4),
      'events without a key spread': atLeast('partitions in use', partitions(unkeyed.name), 2),
      'enough traffic': atLeast('acknowledged events', ofKind(entries, 'sent').length, 850),
    };
  },
};
