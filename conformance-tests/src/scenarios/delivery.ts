import { atLeast } from '../checks/check.ts';
import { exclusive } from '../checks/delivery.ts';
import { ofGroup, ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';
import { baseLoad, busyEnough, startMembers } from './base-load.ts';

export const allIsHandled: Scenario = {
  id: 'no-loss/all-is-handled-once-and-in-order',
  title:
    'without faults every acknowledged event is handed out exactly once, in the order of its key, and nothing else is',
  async run(stage) {
    await baseLoad(stage);
    const { entries } = stage.history;
    return {
      ...busyEnough(entries, stage.scaled(5_000, 600), 2),
    };
  },
};

export const fanOut: Scenario = {
  id: 'groups/each-group-gets-every-event',
  title: 'two groups each get everything, and the failures of one do not touch the other',
  async run(stage) {
    const topic = stage.topic();
    let failures = 0;
    const fragile = {
      group: 'fragile',
      retry: { backoff: { initial: 5, max: 20 } },
      handle: (_: unknown, { attempt }: { readonly attempt: number }) => {
        if (attempt > 1 || stage.random() >= 0.1) return;
        failures++;
        throw new Error('this group fails often');
      },
    };
    const members = [
      ...(await startMembers(stage, topic, 2, fragile)),
      ...(await startMembers(stage, topic, 2, { group: 'calm', handle: stage.busy(5) })),
    ];
    const producer = await stage.producer(topic);
    const events = stage.scaled(2_000, 400);
    await stage.load.sendAll(producer, topic, { events, keys: 100 });
    await stage.untilSettled(topic, 'fragile');
    await stage.untilSettled(topic, 'calm');
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    const { entries } = stage.history;
    return {
      'exactly once to the calm group': exclusive(ofGroup(entries, topic.name, 'calm')),
      'enough traffic': [
        ...atLeast('failures', failures, events / 50),
        ...atLeast('acknowledged events', ofKind(entries, 'sent').length, events),
      ],
    };
  },
};

export const honestFailures: Scenario = {
  id: 'send/a-failed-send-says-if-it-was-written',
  title: 'a failed send says whether the event was written, and is right',
  async run(stage) {
    const topic = stage.topic({ partitions: 4, maxEventBytes: '64kb' });
    const member = await stage.member(topic, { handle: () => undefined });
    const producer = await stage.producer(topic);
    const events = stage.scaled(1_000, 300);
    const sends: Promise<void>[] = [];
    for (let index = 0; index < events; index++) {
      const key = `k${index % 50}`;
      if (index % 10 === 3)
        sends.push(stage.load.send(producer, topic, stage.load.event(topic, key, 'x'.repeat(80_000))));
      else if (index % 10 === 7) {
        const abort = new AbortController();
        sends.push(stage.load.send(producer, topic, stage.load.event(topic, key), { signal: abort.signal }));
        // One turn later most have left; the others never will.
        setImmediate(() => abort.abort());
      } else sends.push(stage.load.send(producer, topic, stage.load.event(topic, key)));
      if (index % 50 === 0) await Promise.all(sends);
    }
    await Promise.all(sends);
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const failed = ofKind(entries, 'send-failed');
    const tooLarge = failed.filter((entry) => entry.code === 'event-too-large');
    return {
      'enough traffic': [
        ...atLeast('events that were too large', tooLarge.length, Math.floor(events / 10) - 1),
        ...atLeast('acknowledged events', ofKind(entries, 'sent').length, events / 2),
      ],
    };
  },
};

export const topicIsolation: Scenario = {
  id: 'no-loss/topics-do-not-mix',
  title: 'twenty topics at once, and no event in the wrong one',
  timeoutMs: 180_000,
  async run(stage) {
    const topics = Array.from({ length: stage.scaled(20, 6) }, () => stage.topic({ partitions: 2 }));
    const client = await stage.client(topics);
    const members = await Promise.all(topics.map((topic) => stage.member(topic, { client, handle: stage.busy(3) })));
    await stage.until('all members have partitions', () =>
      members.every(({ consumer }) => consumer.assignments.length === stage.lanes(2)),
    );
    await Promise.all(
      topics.map((topic) =>
        stage.load.sendAll(client.streams.producer(topic), topic, {
          events: 50,
          keys: 10,
          keyPrefix: `${topic.name}-`,
        }),
      ),
    );
    for (const topic of topics) await stage.untilSettled(topic);
    const { entries } = stage.history;
    return {
      'enough traffic': atLeast('deliveries', ofKind(entries, 'deliver').length, topics.length * 50),
    };
  },
};

export const batchSplit: Scenario = {
  id: 'send-order/a-large-call-is-split-in-order',
  title: 'one call with more than a request takes gives one honest result an event, in order',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const client = await stage.client([topic]);
    const member = await stage.member(topic, { handle: () => undefined });
    const events = Array.from({ length: 1_000 }, (_, index) =>
      stage.load.event(topic, `k${index % 40}`, 'x'.repeat(3_200)),
    );
    await stage.load.sendBatch(client.streams.producer(topic), topic, events);
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    return {
      'enough traffic': atLeast('acknowledged events', ofKind(entries, 'sent').length, 1_000),
    };
  },
};

export const oversized: Scenario = {
  id: 'send/an-event-too-large-fails-alone',
  title: 'an event over the limit fails alone; its neighbours and its key go on in order',
  async run(stage) {
    const topic = stage.topic({ partitions: 2, maxEventBytes: '64kb' });
    const producer = await stage.producer(topic);
    const member = await stage.member(topic, { handle: () => undefined });
    const events = Array.from({ length: 200 }, (_, index) =>
      stage.load.event(topic, `k${index % 10}`, index % 20 === 5 ? 'x'.repeat(70_000) : 'small'),
    );
    await Promise.all(events.map((event) => stage.load.send(producer, topic, event)));
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const failed = ofKind(entries, 'send-failed');
    return {
      'only the large ones fail': [
        ...atLeast('failed sends', failed.length, 10),
        ...failed
          .filter((entry) => entry.code !== 'event-too-large' || entry.outcome !== 'not-written')
          .map((entry) => `${entry.id}: ${entry.code}, ${entry.outcome}`),
        ...atLeast('acknowledged events', ofKind(entries, 'sent').length, 190),
      ],
    };
  },
};
