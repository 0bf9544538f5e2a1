import { noSendFailed } from '../checks/delivery.ts';
import { untilAborted } from '../load/until-aborted.ts';
import { readToEnd } from './base-load.ts';
import { atLeast, within } from '../checks/check.ts';
import { deadLettersOf } from '../checks/retry.ts';
import { ofKind } from '../history/history.ts';
import { leftovers } from '../run/leftovers.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';
import { fails } from './refusals.ts';

export const drain: Scenario = {
  id: 'close/a-member-closes',
  title: 'a closing member finishes what it started, repeats nothing, and the next one goes on at once',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 1_000, keys: 200 });
    const first = await stage.member(topic, { concurrency: 100, handle: () => stage.pause(200) });
    await stage.until('100 handlers run', () => ofKind(stage.history.entries, 'deliver').length >= 100);
    await first.consumer.close();
    const sinceClosed = stage.stopwatch();
    stage.history.record({ kind: 'closed', member: first.name });
    const second = await stage.member(topic, { handle: () => undefined });
    await stage.until('the next member is assigned', () => second.consumer.assignments.length === stage.lanes(4));
    // A subscription is there at once: what counts is when its events come back.
    if (stage.capabilities.settlement === 'individual') await stage.untilSettled(topic);
    const takenOverIn = sinceClosed();
    await stage.untilSettled(topic);
    await second.consumer.close();
    const { entries } = stage.history;
    const closed = entries.findIndex((entry) => entry.kind === 'closed');
    const late = entries
      .slice(closed)
      .filter((entry) => (entry.kind === 'deliver' || entry.kind === 'settle') && entry.member === first.name);
    return {
      'nothing runs after close': late.length === 0 ? [] : [`${late.length} calls of a closed member`],
      'no dead letters': deadLettersOf(new Set())(entries),
      'nobody waits for the session': within('taken over', takenOverIn, stage.harness.sessionTimeoutMs),
      'in the middle of work': [
        ...atLeast(
          'deliveries of the first member',
          ofKind(entries, 'deliver').filter((entry) => entry.member === first.name).length,
          100,
        ),
        ...atLeast(
          'deliveries of the second',
          ofKind(entries, 'deliver').filter((entry) => entry.member === second.name).length,
          1,
        ),
      ],
    };
  },
};

export const drainDeadline: Scenario = {
  id: 'close/a-hanging-handler',
  title: 'the deadline of close wins over a handler that hangs; its event comes again',
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const producer = await stage.producer(topic);
    for (let index = 0; index < 20; index++)
      await stage.load.send(producer, topic, stage.load.event(topic, `k${index}`));
    let aborted = 0;
    const first = await stage.member(topic, {
      handle: (_, { signal }) => untilAborted(signal, () => aborted++),
    });
    await stage.until('20 handlers hang', () => ofKind(stage.history.entries, 'deliver').length >= 20);
    const sinceClose = stage.stopwatch();
    await first.consumer.close({ deadline: 200 });
    const closedIn = sinceClose();
    const entries = await readToEnd(stage, topic);
    return {
      'the deadline holds': within('closed', closedIn, 200 + stage.harness.sessionTimeoutMs),
      'handlers learn it': atLeast('aborted handlers', aborted, 20),
      'they come again': atLeast('deliveries', ofKind(entries, 'deliver').length, 40),
    };
  },
};

export const flushOnClose: Scenario = {
  id: 'close/a-producer-closes',
  title: 'a closing producer gives every pending send its result',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const producer = await stage.producer(topic);
    const events = Array.from({ length: 2_000 }, (_, index) => stage.load.event(topic, `k${index % 50}`));
    const sends = events.map((event) => stage.load.send(producer, topic, event));
    const sinceClose = stage.stopwatch();
    await producer.close({ deadline: '20s' });
    const closedIn = sinceClose();
    const answered = ofKind(stage.history.entries, 'sent').length + ofKind(stage.history.entries, 'send-failed').length;
    await Promise.all(sends);
    const entries = await readToEnd(stage, topic);
    return {
      'before close resolved': atLeast('results when close resolved', answered, 2_000),
      'nothing failed': noSendFailed(entries),
      'in time': within('closed', closedIn, 20_000),
    };
  },
};

export const closeIdempotent: Scenario = {
  id: 'close/at-any-time',
  title: 'close works twice, while connecting, inside a handler, and before anything ran',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    await stage.load.send(producer, topic, stage.load.event(topic, 'k'));
    await Promise.all([producer.close(), producer.close()]);
    await producer.close();

    const neverRan = streams.consumer(topic, { group: 'never' });
    await neverRan.close();

    const connecting = streams.consumer(topic, { group: 'connecting' });
    const ran = connecting.run(() => undefined);
    await Promise.all([connecting.close(), connecting.close()]);
    await ran;

    let closedInside = false;
    const inside = streams.consumer(topic, { group: 'inside' });
    const running = inside.run(() => {
      // Awaiting it here would wait for this very handler, as everywhere.
      void inside.close().then(() => (closedInside = true));
    });
    await running;
    await stage.until('close called by a handler resolves', () => closedInside);

    const reused = await fails('closed', () => inside.run(() => undefined));
    const ownProducer = streams.producer(topic);
    const ownConsumer = streams.consumer(topic, { group: 'own' });
    const { replay: canReplay } = stage.capabilities;
    const ownReplay = canReplay ? streams.replay(topic, { from: 'earliest' }) : undefined;
    await streams.close();
    await streams.close();
    const { admin } = streams;
    const calls: Readonly<Record<string, () => unknown>> = {
      producer: () => streams.producer(topic),
      consumer: () => streams.consumer(topic, { group: 'g' }),
      send: () => ownProducer.send(stage.load.event(topic, 'k')),
      run: () => ownConsumer.run(() => undefined),
      ensure: () => admin.ensure(topic),
      validate: () => admin.validate(topic),
      describe: () => admin.describe(topic),
      topics: () => admin.topics(),
      groups: () => admin.groups(topic),
      deleteGroup: () => admin.deleteGroup(topic, 'g'),
      delete: () => admin.delete(topic),
      ...(stage.capabilities.resetGroup ? { reset: () => admin.reset(topic, 'g', 'earliest') } : {}),
      ...(stage.capabilities.lag.time ? { lag: () => admin.lag(topic, 'g') } : {}),
      ...(canReplay
        ? {
            replay: () => streams.replay(topic, { from: 'earliest' }),
            'run of a replay': () => ownReplay?.run(() => undefined),
            redrive: () => streams.redrive(topic, { group: 'g' }),
            deadLetters: async () => {
              for await (const { id } of streams.deadLetters(topic, { group: 'g' })) throw new Error(id);
            },
          }
        : {}),
    };
    const refusals = await Promise.all(
      Object.entries(calls).map(async ([name, call]) => (await fails('closed', call)).map((why) => `${name}: ${why}`)),
    );
    return { 'a closed consumer refuses': reused, 'a closed client refuses': refusals.flat() };
  },
};

export const nothingLeft: Scenario = {
  id: 'close/nothing-keeps-the-process-alive',
  title: 'a client that is closed leaves nothing behind that would keep a process alive',
  async run(stage) {
    const { handled, left } = await leftovers(stage, stage.topic({ partitions: 2 }), 5_000);
    return {
      'nothing is left': left === '' ? [] : [`5 s after the close: ${left}`],
      'enough traffic': atLeast('events handled', handled, 20),
    };
  },
};

export const abort: Scenario = {
  id: 'close/an-abort-ends-sends-and-receives',
  title: 'an abort ends a send and a receive within a second, and the send says what may have been written',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const client = await stage.client([topic]);
    // Most sends still wait for room when the first one is acknowledged.
    const producer = await stage.producer(topic, { maxBuffered: { events: 100 } });
    const cancelSends = new AbortController();
    const sends: Promise<void>[] = [];
    for (let index = 0; index < 2_000; index++) {
      // A signal each: Node warns of thousands of listeners on one.
      const signal = AbortSignal.any([cancelSends.signal]);
      sends.push(
        stage.load.send(producer, topic, stage.load.event(topic, `k${index % 50}`, 'x'.repeat(1_000)), { signal }),
      );
    }
    await Promise.race(sends);
    const sendsEnd = await timed(stage, cancelSends, Promise.all(sends));
    await producer.close();

    const cancelRun = new AbortController();
    const member = await stage.member(topic, { client, handle: () => undefined });
    await stage.untilSettled(topic);
    await member.consumer.close();

    const idle = client.streams.consumer(topic, { group: 'idle', from: 'latest' });
    const running = idle.run(() => undefined, { signal: cancelRun.signal });
    await stage.until('the idle member has partitions', () => idle.assignments.length === stage.lanes(4));
    const runEnd = await timed(stage, cancelRun, running);

    const cancelStream = new AbortController();
    const streaming = client.streams.consumer(topic, { group: 'streaming', from: 'latest' });
    const next = streaming.stream({ signal: cancelStream.signal }).next();
    await stage.until('the streaming member has partitions', () => streaming.assignments.length === stage.lanes(4));
    const streamEnd = await timed(stage, cancelStream, next);
    const { entries } = stage.history;
    const cancelled = ofKind(entries, 'send-failed');
    return {
      'sends end in time': within('ended', sendsEnd, 1_000),
      'run ends in time': within('ended', runEnd, 1_000),
      'stream ends in time': within('ended', streamEnd, 1_000),
      'cancelled, not failed': cancelled
        .flatMap(({ id, code }) => (code === 'aborted' ? [] : [`${id}: ${code}`]))
        .slice(0, 5),
      'in the middle of work': [
        ...atLeast('acknowledged sends', ofKind(entries, 'sent').length, 1),
        ...atLeast('cancelled sends', cancelled.length, 1),
      ],
    };
  },
};

/** Aborts, and tells how many milliseconds the work then took to end. */
async function timed(stage: Stage, cancel: AbortController, work: Promise<unknown>): Promise<number> {
  const elapsed = stage.stopwatch();
  cancel.abort();
  let hasEnded = false;
  const ending = work.finally(() => (hasEnded = true));
  // One that does not end at all is late as well.
  if (await stage.until('it ends', () => hasEnded)) await ending;
  return elapsed();
}
