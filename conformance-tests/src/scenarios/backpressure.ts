import { atLeast } from '../checks/check.ts';
import { inFlightAtMost, noDeliveryBetween, noHandOverBetween, readBytesAtMost } from '../checks/limits.ts';
import type { Consumer } from '@isostream/core';
import type { Entry } from '../history/entry.ts';
import { ofGroup, ofKind } from '../history/history.ts';
import type { LoadEvent, LoadTopic } from '../load/load-topic.ts';
import { because, type Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';

export const inFlightBound: Scenario = {
  id: 'backpressure/events-in-flight',
  title: 'with a large backlog, events in flight never exceed maxInFlight',
  without: because('it stops in the middle of its backlog', 'all delivered'),
  async run(stage) {
    const topic = stage.topic({ partitions: 8 });
    const producer = await stage.producer(topic, { maxBuffered: { events: 20_000 } });
    const backlog = Math.min(stage.scaled(100_000, 5_000), stage.harness.largestBacklog ?? Infinity);
    await stage.load.sendAll(producer, topic, { events: backlog, keys: 200, window: 10_000 });
    const member = await stage.member(topic, { concurrency: 10, maxInFlight: { events: 50 }, handle: stage.busy(2) });
    let most = 0;
    await stage.until('3,000 events are settled', () => {
      most = Math.max(most, member.consumer.inFlight.events);
      return ofKind(stage.history.entries, 'settle').length >= 3_000;
    });
    await member.consumer.close();
    const { entries } = stage.history;
    return {
      'in flight': inFlightAtMost(50)(entries),
      'as the consumer says': most > 50 ? [`${most} in flight by its own account`] : [],
      'enough traffic': [
        ...atLeast('events in the backlog', ofKind(entries, 'sent').length, backlog),
        ...atLeast('in flight at once', most, 20),
      ],
    };
  },
};

export const prefetchMemory: Scenario = {
  id: 'backpressure/bytes-in-flight',
  title: 'with blocked handlers, buffered bytes stay within maxInFlight; what is larger than all of it passes alone',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 200, keys: 200, window: 50, pad: 'x'.repeat(65_536) });
    let release = (): void => undefined;
    const blocked = new Promise<void>((resolve) => (release = resolve));
    const member = await stage.member(topic, {
      concurrency: 100,
      maxInFlight: { events: 500, bytes: '1mb' },
      // They are released, however long that takes on a busy machine.
      handlerTimeout: '2m',
      handle: () => blocked,
    });
    await stage.until('the budget is used', () => member.consumer.inFlight.bytes > 900_000);
    // Long enough for several fetches of any client, were there room for them.
    const [larger] = await Promise.all([largerThanTheBudget(stage), stage.pause(1_500)]);
    const readWhileBlocked = ofGroup(stage.history.entries, topic.name, 'g');
    release();
    await stage.untilSettled(topic);
    await member.consumer.close();
    return {
      'bytes in flight': readBytesAtMost(1_048_576)(readWhileBlocked),
      'larger than the budget passes alone':
        larger.most === 1 ? [] : [`${larger.most} at once of events that are each larger than the budget`],
      'enough traffic': atLeast(
        'events read while blocked',
        ofKind(readWhileBlocked, 'read').reduce((sum, entry) => sum + entry.events, 0),
        12,
      ),
    };
  },
};

/** Hands out events that are each larger than the whole budget, and tells how many were handled at once. */
async function largerThanTheBudget(stage: Stage): Promise<{ readonly most: number }> {
  const topic = stage.topic({ partitions: 2 });
  const producer = await stage.producer(topic);
  await stage.load.sendAll(producer, topic, { events: 12, keys: 12, pad: 'x'.repeat(65_536) });
  let [running, most] = [0, 0];
  const member = await stage.member(topic, {
    maxInFlight: { events: 500, bytes: '32kb' },
    async handle() {
      most = Math.max(most, ++running);
      await stage.pause(10);
      running--;
    },
  });
  await stage.untilSettled(topic);
  await member.consumer.close();
  return { most };
}

export const pauseResume: Scenario = {
  id: 'backpressure/a-paused-consumer',
  title: 'a paused consumer starts nothing, keeps its partitions, and goes on where it was',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const producer = await stage.producer(topic);
    const member = await stage.member(topic, { handle: stage.busy(5) });
    await stage.load.sendAll(producer, topic, { events: 300, keys: 30 });
    await stage.until('it is at work', () => ofKind(stage.history.entries, 'settle').length >= 50);
    const batches = await batchesBegun(stage, topic);
    member.consumer.pause();
    batches.consumer.pause();
    const beforehand = batches.calls();
    stage.mark('paused');
    await stage.load.sendAll(producer, topic, { events: 300, keys: 30 });
    await stage.pause(stage.harness.sessionTimeoutMs * 2);
    stage.mark('resumed');
    const whilePaused = batches.calls() - beforehand;
    member.consumer.resume();
    batches.consumer.resume();
    await stage.untilSettled(topic);
    await stage.until('the batches went on', () => batches.calls() > beforehand + whilePaused);
    await member.consumer.close();
    await batches.consumer.close();
    const { entries } = stage.history;
    return {
      'no delivery while paused': noDeliveryBetween('paused', 'resumed')(entries),
      'no batch while paused': whilePaused === 0 ? [] : [`${whilePaused} calls with events that were waiting`],
      'no hand-over while paused': noHandOverBetween('paused', 'resumed')(entries),
      'enough traffic': atLeast('acknowledged events', ofKind(entries, 'sent').length, 600),
    };
  },
};

/** A consumer of batches to which events were given, and whose handler waits for more. */
async function batchesBegun(
  stage: Stage,
  topic: LoadTopic,
): Promise<{ readonly consumer: Consumer<LoadEvent>; readonly calls: () => number }> {
  const { streams } = await stage.client([topic]);
  let [begun, calls] = [0, 0];
  const consumer = streams.consumer(topic, {
    group: 'batches',
    middleware: [
      {
        handle(_event, _context, next) {
          begun++;
          return next();
        },
      },
    ],
  });
  consumer.runBatch(() => void calls++, { maxEvents: 1_000, maxWait: 500 }).catch(() => undefined);
  await stage.until('events wait for their batch', () => begun > 0);
  return { consumer, calls: () => calls };
}

export const slowKey: Scenario = {
  id: 'keys-parallel/a-slow-key-waits-alone',
  title: 'one slow key does not hold up the others, but by maxSpan, and nothing is committed past it',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const producer = await stage.producer(topic);
    for (let index = 0; index < 4; index++) await stage.load.send(producer, topic, stage.load.event(topic, 'slow'));
    const events = stage.scaled(2_000, 500);
    await stage.load.sendAll(producer, topic, { events, keys: 100 });
    let others = 0;
    const member = await stage.member(topic, {
      concurrency: 20,
      maxInFlight: { events: 100 },
      handlerTimeout: '2m',
      // Slow is what lasts longer than all others, however busy the machine is.
      handle: async ({ data }) => {
        if (data.key === 'slow') await stage.until('the others are through', () => others >= events);
        else await stage.pause(2).then(() => others++);
      },
    });
    let release = (): void => undefined;
    const blocked = new Promise<void>((resolve) => (release = resolve));
    const bounded = await stage.member(topic, {
      group: 'bounded',
      maxInFlight: { events: 20 },
      maxSpan: 50,
      handle: ({ data }) => (data.key === 'slow' ? blocked : undefined),
    });
    await stage.untilSettled(topic);
    await member.consumer.close();
    // As far as it may: the partition without the slow key to its end, and the other one as far as the bound lets it.
    await stage.until('the bounded group has done what it may', () => {
      const { arrivals } = stage.history;
      const bound = ofGroup(arrivals, topic.name, 'bounded');
      return aheadOfTheSlow(bound) >= 20 && besideTheSlow(bound) >= besideTheSlow(ofGroup(arrivals, topic.name, 'g'));
    });
    const ahead = aheadOfTheSlow(ofGroup(stage.history.entries, topic.name, 'bounded'));
    release();
    await stage.untilSettled(topic, 'bounded');
    await bounded.consumer.close();
    const { entries: all } = stage.history;
    const entries = ofGroup(all, topic.name, 'g');
    const settles = ofKind(entries, 'settle');
    const lastSlow = settles.findIndex((entry) => entry.id === 'slow#3');
    const before = settles.slice(0, Math.max(0, lastSlow)).filter((entry) => entry.key !== 'slow').length;
    return {
      'the others finish first': atLeast(
        'events of other keys settled before the slow key was through',
        before,
        events,
      ),
      // Where nothing that is settled repeats, it bounds nothing.
      'no further ahead than maxSpan':
        stage.capabilities.settlement === 'individual' || ahead <= 50 + 2 * 20
          ? []
          : [`${ahead} settled ahead of the slow event, 50 are allowed, 20 in flight and 20 of a read under way`],
      'in flight': inFlightAtMost(100)(entries),
      'enough traffic': atLeast('settled ahead of the slow event', ahead, 20),
    };
  },
};

/** How many events were settled in the partition of the slow key. */
function aheadOfTheSlow(entries: readonly Entry[]): number {
  const slow = ofKind(entries, 'deliver').find((entry) => entry.key === 'slow');
  return ofKind(entries, 'settle').filter((entry) => entry.partition === slow?.partition).length;
}

/** How many were settled in other partitions. */
function besideTheSlow(entries: readonly Entry[]): number {
  return ofKind(entries, 'settle').length - aheadOfTheSlow(entries);
}
