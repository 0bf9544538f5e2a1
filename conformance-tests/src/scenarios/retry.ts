import { NonRetryableError } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import { contiguousCommits } from '../checks/commits.ts';
import { allDelivered, exclusive } from '../checks/delivery.ts';
import { afterPredecessors } from '../checks/order.ts';
import { attemptsCount, backoffBounds, deadLettersOf, deliveredTimes } from '../checks/retry.ts';
import { ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';

const quick = { initial: 5, max: 20 } as const;

export const attempts: Scenario = {
  id: 'C1',
  clause: 'RETRY',
  title: 'an event that fails k times is tried k+1 times, counted from 1',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const failures = (seq: number): number => seq % 4;
    const member = await stage.member(topic, {
      retry: { attempts: 5, backoff: quick },
      handle: ({ data }, { attempt }) => {
        if (attempt <= failures(data.seq)) throw new Error('not yet');
      },
    });
    const producer = await stage.producer(topic);
    await stage.sendLoad(producer, topic, { events: 200, keys: 20 });
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    return {
      'attempts count': attemptsCount(entries),
      'delivered as often as it failed, and once': deliveredTimes((id) => failures(seqOf(id)) + 1)(entries),
      'after predecessors': afterPredecessors(entries),
      'no dead letters': deadLettersOf(new Set())(entries),
      'enough failures': atLeast(
        'retries',
        ofKind(entries, 'deliver').filter((entry) => entry.attempt > 1).length,
        200,
      ),
    };
  },
};

export const exhausted: Scenario = {
  id: 'C2',
  clause: 'DEAD-LETTER',
  title: 'after the last attempt the event goes to the dead letters, and its key goes on',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const isPoison = (seq: number): boolean => seq % 5 === 2;
    const member = await stage.member(topic, {
      retry: { attempts: 5, backoff: quick },
      handle: ({ data }) => {
        if (isPoison(data.seq)) throw new Error('never');
      },
    });
    const producer = await stage.producer(topic);
    await stage.sendLoad(producer, topic, { events: 200, keys: 20 });
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const poison = new Set(ofKind(entries, 'sent').flatMap(({ id }) => (isPoison(seqOf(id)) ? [id] : [])));
    return {
      'five attempts of each poison event': deliveredTimes((id) => (poison.has(id) ? 5 : 1))(entries),
      'dead letters': deadLettersOf(poison)(entries),
      'attempts count': attemptsCount(entries),
      'after predecessors': afterPredecessors(entries),
      'contiguous commits': contiguousCommits(entries),
      'enough failures': atLeast('poison events', poison.size, 20),
    };
  },
};

export const backoff: Scenario = {
  id: 'C3',
  clause: 'RETRY',
  title: 'attempts wait as the policy says, never less',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const policy = { initial: 100, max: 2_000, jitter: 'none' } as const;
    const member = await stage.member(topic, {
      retry: { attempts: 5, backoff: policy },
      handle: (_, { attempt }) => {
        if (attempt < 5) throw new Error('not yet');
      },
    });
    const producer = await stage.producer(topic);
    for (let key = 0; key < 10; key++) await stage.send(producer, topic, stage.event(topic, `k${key}`));
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const retries = ofKind(entries, 'deliver').filter((entry) => entry.attempt > 1).length;
    return {
      'waits as the policy says': backoffBounds({ initialMs: 100, maxMs: 2_000, jitter: 0, lateMs: 500 })(entries),
      'enough failures': atLeast('retries', retries, 40),
    };
  },
};

export const poisonIsolated: Scenario = {
  id: 'C4',
  clause: 'KEYS-PARALLEL',
  title: 'one poison key waits; the others go on as if it were not there',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const producer = await stage.producer(topic);
    const poison = stage.event(topic, 'poison');
    await stage.send(producer, topic, poison);
    await stage.send(producer, topic, stage.event(topic, 'poison'));
    await stage.sendLoad(producer, topic, { events: 1_000, keys: 200 });
    const member = await stage.member(topic, {
      retry: { attempts: 4, backoff: { initial: 1_000, max: 1_000, jitter: 'none' } },
      handle: async (event) => {
        await stage.pause(2);
        if (event.id === poison.id) throw new Error('poison');
      },
    });
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const deliveries = ofKind(entries, 'deliver');
    const second = deliveries.findIndex((entry) => entry.id === poison.id && entry.attempt === 3);
    const othersBefore = deliveries.slice(0, Math.max(second, 0)).filter((entry) => entry.key !== 'poison').length;
    return {
      'others go on while the poison key waits': atLeast(
        'events of other keys before the third attempt of the poison event',
        othersBefore,
        1_000,
      ),
      'dead letters': deadLettersOf(new Set([poison.id]))(entries),
      'after predecessors': afterPredecessors(entries),
      'all others delivered once': deliveredTimes((id) => (id === poison.id ? 4 : 1))(entries),
    };
  },
};

export const reject: Scenario = {
  id: 'C5',
  clause: 'DEAD-LETTER',
  title: 'an event that its handler calls hopeless is dead-lettered without a retry',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const isHopeless = (seq: number): boolean => seq % 4 === 1;
    const member = await stage.member(topic, {
      handle: ({ data }) => {
        if (isHopeless(data.seq)) throw new NonRetryableError('this will never work');
      },
    });
    const producer = await stage.producer(topic);
    await stage.sendLoad(producer, topic, { events: 100, keys: 10 });
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const hopeless = new Set(ofKind(entries, 'sent').flatMap(({ id }) => (isHopeless(seqOf(id)) ? [id] : [])));
    return {
      'one delivery of each': exclusive(entries),
      'dead letters': deadLettersOf(hopeless)(entries),
      'after predecessors': afterPredecessors(entries),
      'enough failures': atLeast('hopeless events', hopeless.size, 10),
    };
  },
};

export const partialBatch: Scenario = {
  id: 'C9',
  clause: 'RETRY',
  title: 'of a batch only the failed events come again, and nothing is committed past them',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const client = await stage.client([topic]);
    const producer = await stage.producer(topic);
    await stage.sendLoad(producer, topic, { events: 300, keys: 60 });
    const failsFirst = (seq: number): boolean => seq % 3 === 1;
    const consumer = client.streams.consumer(topic, { group: 'g', clientId: client.name, retry: { backoff: quick } });
    let batches = 0;
    let largest = 0;
    const running = consumer.runBatch({ maxEvents: 40, maxWait: 30 }, async (batch) => {
      batches++;
      largest = Math.max(largest, batch.events.length);
      await Promise.all(
        batch.events.map((event) => {
          const context = batch.context(event);
          return stage
            .recorded(client, 'g', event, context, () => {
              if (context.attempt === 1 && failsFirst(event.data.seq)) throw new Error('this one failed');
            })
            .catch((error: unknown) => batch.fail(event, error));
        }),
      );
    });
    await stage.untilSettled(topic);
    await consumer.close();
    await running;
    const { entries } = stage.history;
    return {
      'failed events twice, others once': deliveredTimes((id) => (failsFirst(seqOf(id)) ? 2 : 1))(entries),
      'attempts count': attemptsCount(entries),
      'contiguous commits': contiguousCommits(entries),
      'after predecessors': afterPredecessors(entries),
      'all delivered': allDelivered(entries),
      'enough traffic': [...atLeast('batches', batches, 8), ...atLeast('events in the largest batch', largest, 10)],
    };
  },
};

export const handlerFailures: Scenario = {
  id: 'C10',
  clause: 'RETRY',
  title: 'a throw, a rejection and a timeout each count as one failed attempt',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const ways = ['throw', 'reject', 'hang'] as const;
    const member = await stage.member(topic, {
      handlerTimeout: 150,
      retry: { attempts: 3, backoff: quick },
      handle: ({ data }, { attempt, signal }) => {
        if (attempt > 2) return undefined;
        const way = ways[data.seq % 3];
        if (way === 'throw') throw new Error('thrown');
        if (way === 'reject') return Promise.reject(new Error('rejected'));
        return new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason), { once: true }));
      },
    });
    const producer = await stage.producer(topic);
    await stage.sendLoad(producer, topic, { events: 60, keys: 20 });
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    return {
      'three attempts of each': deliveredTimes(() => 3)(entries),
      'attempts count': attemptsCount(entries),
      'after predecessors': afterPredecessors(entries),
      'no dead letters': deadLettersOf(new Set())(entries),
      'enough failures': atLeast(
        'failed attempts',
        ofKind(entries, 'settle').filter((entry) => entry.result === 'retry').length,
        120,
      ),
    };
  },
};

/** Ids are `<key>#<seq>`. */
function seqOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('#') + 1));
}
