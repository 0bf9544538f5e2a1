import { workOff } from './base-load.ts';
import { untilAborted } from '../load/until-aborted.ts';
import { NonRetryableError } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import { exclusive, sentOf } from '../checks/delivery.ts';
import { deadLettersOf, deliveredTimes } from '../checks/retry.ts';
import { backoffBounds, fullJitter } from '../checks/waits.ts';
import type { Entry } from '../history/entry.ts';
import { ofGroup, ofKind } from '../history/history.ts';
import type { Handle } from '../run/recorded-call.ts';
import type { Scenario } from '../run/scenario.ts';

const quick = { initial: 5, max: 20 } as const;

export const attempts: Scenario = {
  id: 'retry/attempts-are-counted',
  title: 'an event that fails k times is tried k+1 times, counted from 1',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const failures = (seq: number): number => seq % 4;
    await workOff(
      stage,
      topic,
      { events: 200, keys: 20 },
      {
        retry: { attempts: 5, backoff: quick },
        handle: ({ data }, { attempt }) => {
          if (attempt <= failures(data.seq)) throw new Error('not yet');
        },
      },
    );
    const { entries } = stage.history;
    return {
      'delivered as often as it failed, and once': deliveredTimes((id) => failures(seqOf(id)) + 1)(entries),
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
  id: 'dead-letter/after-the-last-attempt',
  title: 'after the last attempt the event goes to the dead letters, and its key goes on',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const isPoison = (seq: number): boolean => seq % 5 === 2;
    await workOff(
      stage,
      topic,
      { events: 200, keys: 20 },
      {
        retry: { attempts: 5, backoff: quick },
        handle: ({ data }) => {
          if (isPoison(data.seq)) throw new Error('never');
        },
      },
    );
    const { entries } = stage.history;
    const poison = sentOf(entries, (id) => isPoison(seqOf(id)));
    return {
      'five attempts of each poison event': deliveredTimes((id) => (poison.has(id) ? 5 : 1))(entries),
      'dead letters': deadLettersOf(poison)(entries),
      'enough failures': atLeast('poison events', poison.size, 20),
    };
  },
};

export const backoff: Scenario = {
  id: 'retry/waits-follow-the-policy',
  title: 'attempts wait as the policy says, never less, and with jitter anywhere in between',
  async run(stage) {
    const exact = stage.topic({ partitions: 2 });
    const jittered = stage.topic({ partitions: 2 });
    const handle: Handle = (_, { attempt }) => {
      if (attempt < 5) throw new Error('not yet');
    };
    const policies = [
      // 100, 200, and 300 twice: without the cap 400 and 800.
      { topic: exact, keys: 10, policy: { initial: 100, max: 300, jitter: 'none' } },
      { topic: jittered, keys: 50, policy: { initial: 500, max: 1_000, jitter: 'full' } },
    ] as const;
    const members = await Promise.all(
      policies.map(({ topic, keys, policy }) =>
        stage.member(topic, { concurrency: keys, retry: { attempts: 5, backoff: policy }, handle }),
      ),
    );
    for (const { topic, keys } of policies) {
      const producer = await stage.producer(topic);
      for (let key = 0; key < keys; key++) await stage.load.send(producer, topic, stage.load.event(topic, `k${key}`));
    }
    for (const { topic } of policies) await stage.untilSettled(topic);
    await Promise.all(members.map(({ consumer }) => consumer.close()));
    const { entries } = stage.history;
    const stalledMs = (from: number, to: number): number => stage.stalls.between(from, to);
    const ofExact = ofGroup(entries, exact.name, 'g');
    const ofJittered = ofGroup(entries, jittered.name, 'g');
    const retries = (own: readonly Entry[]): number =>
      ofKind(own, 'deliver').filter((entry) => entry.attempt > 1).length;
    return {
      'waits as the policy says': [
        ...backoffBounds({ initialMs: 100, maxMs: 300, jitter: 0, lateMs: 200, stalledMs })(ofExact),
        ...backoffBounds({ initialMs: 500, maxMs: 1_000, jitter: 1, lateMs: 200, stalledMs })(ofJittered),
      ],
      'jitter spreads the waits': fullJitter({ initialMs: 500, maxMs: 1_000, stalledMs })(ofJittered),
      'enough failures': [
        ...atLeast('retries', retries(ofExact), 40),
        ...atLeast('retries with jitter', retries(ofJittered), 200),
      ],
    };
  },
};

export const poisonIsolated: Scenario = {
  id: 'keys-parallel/poison-keys-wait-alone',
  title: 'poison keys wait, more of them than handlers may run; the others go on as if they were not there',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const producer = await stage.producer(topic);
    const poisonKeys = Array.from({ length: 8 }, (_, index) => `poison${index}`);
    const poison = poisonKeys.map((key) => stage.load.event(topic, key));
    const followers = poisonKeys.map((key) => stage.load.event(topic, key));
    for (const event of [...poison, ...followers]) await stage.load.send(producer, topic, event);
    const others = 400;
    await stage.load.sendAll(producer, topic, { events: others, keys: 200 });
    const ids = new Set(poison.map(({ id }) => id));
    const waitMs = 1_500;
    const member = await stage.member(topic, {
      concurrency: 4,
      retry: { attempts: 4, backoff: { initial: waitMs, max: waitMs, jitter: 'none' } },
      handle: async (event) => {
        await stage.pause(1);
        if (ids.has(event.id)) throw new Error('poison');
      },
    });
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const deliveries = ofKind(entries, 'deliver');
    const third = deliveries.findIndex((entry) => ids.has(entry.id) && entry.attempt === 3);
    const before = deliveries.slice(0, Math.max(third, 0)).filter((entry) => entry.key?.startsWith('k') === true);
    const firstFailures = ofKind(entries, 'settle').filter((entry) => ids.has(entry.id) && entry.attempt === 1);
    const start = firstFailures[0]?.at ?? 0;
    const waiting = firstFailures.filter(({ at }) => at - start - stage.stalls.between(start, at) < waitMs / 2);
    return {
      'others go on while the poison keys wait': atLeast(
        'events of other keys before the third attempt of a poison event',
        before.length,
        others,
      ),
      'waiting takes no handler’s place': atLeast(
        'poison events that failed while the first one waited',
        waiting.length,
        poison.length,
      ),
      'dead letters': deadLettersOf(ids)(entries),
      'all others delivered once': deliveredTimes((id) => (ids.has(id) ? 4 : 1))(entries),
    };
  },
};

export const reject: Scenario = {
  id: 'dead-letter/a-non-retryable-error',
  title: 'an event that its handler calls hopeless is dead-lettered without a retry',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const isHopeless = (seq: number): boolean => seq % 4 === 1;
    await workOff(
      stage,
      topic,
      { events: 100, keys: 10 },
      {
        handle: ({ data }) => {
          if (isHopeless(data.seq)) throw new NonRetryableError('this will never work');
        },
      },
    );
    const { entries } = stage.history;
    const hopeless = sentOf(entries, (id) => isHopeless(seqOf(id)));
    return {
      'one delivery of each': exclusive(entries),
      'dead letters': deadLettersOf(hopeless)(entries),
      'enough failures': atLeast('hopeless events', hopeless.size, 10),
    };
  },
};

export const partialBatch: Scenario = {
  id: 'retry/a-batch-fails-in-part',
  title: 'of a batch only the failed events come again, and nothing is committed past them',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const client = await stage.client([topic]);
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 300, keys: 60 });
    const failsFirst = (seq: number): boolean => seq % 3 === 1;
    const consumer = client.streams.consumer(topic, { group: 'g', clientId: client.name, retry: { backoff: quick } });
    let batches = 0;
    let largest = 0;
    const running = consumer.runBatch(
      async (batch) => {
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
      },
      { maxEvents: 40, maxWait: 30 },
    );
    await stage.untilSettled(topic);
    await consumer.close();
    await running;
    const { entries } = stage.history;
    return {
      'failed events twice, others once': deliveredTimes((id) => (failsFirst(seqOf(id)) ? 2 : 1))(entries),
      'enough traffic': [...atLeast('batches', batches, 8), ...atLeast('events in the largest batch', largest, 10)],
    };
  },
};

export const handlerFailures: Scenario = {
  id: 'retry/throw-reject-and-timeout',
  title: 'a throw, a rejection and a timeout each count as one failed attempt',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const ways = ['throw', 'reject', 'hang'] as const;
    await workOff(
      stage,
      topic,
      { events: 60, keys: 20 },
      {
        handlerTimeout: 150,
        retry: { attempts: 3, backoff: quick },
        handle: ({ data }, { attempt, signal }) => {
          if (attempt > 2) return undefined;
          const way = ways[data.seq % 3];
          if (way === 'throw') throw new Error('thrown');
          if (way === 'reject') return Promise.reject(new Error('rejected'));
          return untilAborted(signal);
        },
      },
    );
    const { entries } = stage.history;
    return {
      'three attempts of each': deliveredTimes(() => 3)(entries),
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
