import { isTrimmed, noKeys } from './not-about.ts';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { StreamError } from '@isostream/core';
import { atLeast, tell, within } from '../checks/check.ts';
import { countBy, exclusive, noSendFailed } from '../checks/delivery.ts';
import { deadLettersOf } from '../checks/retry.ts';
import { connectionsBroke, failedAsUnknown, nothingSettledBy, sendsWaited } from '../checks/while-broken.ts';
import { ofKind } from '../history/history.ts';
import type { Entry } from '../history/entry.ts';
import { unkeyedTopic } from '../load/load-topic.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { anyNumberIsMet, fails, refusal } from './refusals.ts';
import { cutAgain, outage } from './under-fault.ts';

const gapChannel = 'isostream:consume:gap';

export const cutWhileSending: Scenario = outage({
  id: 'send-order/connections-cut-while-sending',
  title: 'connections cut in the middle of sends: nothing acknowledged is lost, nothing reordered',
  load: { events: 4_000, perSecond: 1_000, isImpatient: true },
  breakIt: (stage) => cutAgain(stage, 4, 400),
  bit: (entries) => [...connectionsBroke(4)(entries), ...failedAsUnknown(1)(entries)],
  also: (entries, { capabilities }) => (capabilities.idempotentWrites ? { 'exactly once': exclusive(entries) } : {}),
});

export const reshard: Scenario = {
  id: 'groups/partitions-are-added-under-load',
  title: 'partitions are added under load: nothing is lost, also of a producer at work, and the new ones are read',
  needs: {
    capability: 'reshard',
    isDeclared: ({ reshard: how }) => how !== 'none',
    refused: async (stage) => {
      const topic = unkeyedTopic(stage.name(), { partitions: 2 });
      const grown = unkeyedTopic(topic.name, { partitions: 5 });
      if (stage.capabilities.settlement === 'individual') return anyNumberIsMet(stage, topic, [grown]);
      const { streams } = await stage.client([topic]);
      return { 'more partitions': await fails('unsupported', () => streams.admin.ensure(grown)) };
    },
  },
  without: noKeys,
  async run(stage) {
    const topic = unkeyedTopic(stage.name(), { partitions: 2 });
    const grown = unkeyedTopic(topic.name, { partitions: 5 });
    const { streams } = await stage.client([topic]);
    const members = [
      await stage.member(topic, { handle: stage.busy(5) }),
      await stage.member(topic, { handle: stage.busy(5) }),
    ];
    await stage.until('both have partitions', () => members.every(({ consumer }) => consumer.assignments.length > 0));
    let goOn = true;
    const old = { events: 300, keys: 50, keyPrefix: 'old-', sender: 'old', perSecond: 300, goOn: () => goOn };
    const sending = stage.load.sendAll(streams.producer(topic), topic, old);
    await stage.until('the old producer is at work', () => ofKind(stage.history.arrivals, 'sent').length >= 100);
    await stage.during('growth', async () => {
      stage.mark('growing');
      await streams.admin.ensure(grown);
      stage.mark('grown');
      // Producers learn of partitions when they are made: a key must not move under one that runs.
      const producer = streams.producer(grown);
      await stage.load.sendAll(producer, topic, { events: 900, keys: 50, sender: 'new', perSecond: 300 });
      await stage.until('the old producer goes on', () => storedAround(stage.history.arrivals, 'old').after >= 100);
    });
    goOn = false;
    await sending;
    await stage.until(
      'the new partitions are assigned',
      () => members.reduce((sum, { consumer }) => sum + consumer.assignments.length, 0) === 5,
    );
    await stage.untilSettled(topic);
    const { entries } = stage.history;
    const used = new Set(ofKind(entries, 'deliver').map((entry) => entry.partition));
    const { before, after } = storedAround(entries, 'old');
    return {
      'exactly once': exclusive(entries),
      'no send failed': noSendFailed(entries),
      'the new ones are used': atLeast('partitions in use', used.size, 5),
      'traffic during the growth': [
        ...atLeast('events that the old producer had stored before', before, 50),
        ...atLeast('events that it sent afterwards, and were stored', after, 50),
      ],
    };
  },
};

/** How many events of a sender were stored when a topic began to grow, and how many it sent after that and were stored. */
function storedAround(entries: readonly Entry[], sender: string): { readonly before: number; readonly after: number } {
  const index = (name: string): number => {
    const found = entries.findIndex((entry) => entry.kind === 'mark' && entry.name === name);
    return found < 0 ? entries.length : found;
  };
  const own = (part: readonly Entry[]): ReadonlySet<string> =>
    new Set(ofKind(part, 'send').flatMap((entry) => (entry.sender === sender ? [entry.id] : [])));
  const stored = (part: readonly Entry[], ids: ReadonlySet<string>): number =>
    ofKind(part, 'sent').filter(({ id }) => ids.has(id)).length;
  const [early, late] = [entries.slice(0, index('growing')), entries.slice(index('grown'))];
  return { before: stored(early, own(early)), after: stored(late, own(late)) };
}

export const attemptsAfterCrash: Scenario = {
  id: 'retry/a-crash-between-attempts',
  title: 'a crash between attempts costs at most the policy’s attempts once more',
  breaks: 'own-members',
  without: because('a dead handler never ends in the record', 'single flight per key'),
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const attempts = 4;
    const failing = ['k1', 'k2'];
    const options = { retry: { attempts, backoff: { initial: 500, max: 500, jitter: 'none' } } } as const;
    const victim = await stage.volatileMember(topic, { ...options, busyMs: 0, failing });
    const producer = await stage.producer(topic);
    for (let seq = 0; seq < 2; seq++)
      for (let key = 0; key < 20; key++) await stage.load.send(producer, topic, stage.load.event(topic, `k${key}`));
    const failed = (member: string): number =>
      ofKind(stage.history.arrivals, 'settle').filter((entry) => entry.member === member && entry.result === 'retry')
        .length;
    await stage.until('both failed twice', () => failed(victim.name) >= 2 * failing.length);
    await stage.during('crash', () => victim.crash());
    stage.mark('crashed');
    const failedBefore = failed(victim.name);
    const next = await stage.member(topic, {
      ...options,
      handle: ({ data }) => {
        if (failing.includes(String(data.key))) throw new Error('still broken');
      },
    });
    await stage.untilSettled(topic);
    await next.consumer.close();
    const { entries } = stage.history;
    const hopeless = new Set(failing.flatMap((key) => [`${key}#0`, `${key}#1`]));
    const calls = countBy(ofKind(entries, 'deliver').map(({ id }) => id));
    return {
      'bounded attempts': tell(
        `events with fewer than ${attempts} or more than ${attempts * 2} attempts`,
        [...hopeless].filter((id) => {
          const count = calls.get(id) ?? 0;
          return count < attempts || count > attempts * 2;
        }),
      ),
      'dead letters': deadLettersOf(hopeless)(entries),
      'the fault bit': [
        ...nothingSettledBy(victim.name, 'crashed')(entries),
        ...(failedBefore < attempts * failing.length ? [] : ['nothing was left to try when it crashed']),
        ...atLeast('failures afterwards', failed(next.name), failing.length),
      ],
    };
  },
};

export const trimmed: Scenario = {
  id: 'retention/events-expire-before-they-are-read',
  title: 'events that retention removed before they were read are reported and counted, never skipped in silence',
  breaks: true,
  needs: {
    capability: 'settlement by watermark, at positions',
    isDeclared: ({ settlement }) => settlement === 'watermark',
    refused: async (stage) => {
      const topic = stage.topic();
      const { streams } = await stage.client([topic]);
      return { 'stop at a gap': refusal(() => streams.consumer(topic, { group: 'g', onExpired: 'stop' })) };
    },
  },
  without: isTrimmed,
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 100, keys: 1, window: 1 });
    const first = await stage.member(topic, {
      maxInFlight: { events: 5 },
      concurrency: 1,
      handle: () => stage.pause(2),
    });
    await stage.until('some are settled', () => ofKind(stage.history.arrivals, 'settle').length >= 20);
    await first.consumer.close();
    const { streams } = await stage.client([topic]);
    const places: { readonly partition: string; readonly position: string }[] = [];
    await streams.replay(topic, { from: 'earliest' }).run((_, { partition, position }) => {
      places.push({ partition, position });
    });
    const settled = ofKind(stage.history.entries, 'settle').length;
    const next = places[settled + 15];
    if (next === undefined) throw new Error(`${places.length} events are stored, of which ${settled} are settled`);
    await stage.faults.trim(topic.name, next.partition, next.position);
    const { gaps: replayGaps, result: replayed } = await gapsDuring(topic.name, async () => {
      const from = new Map([[next.partition, places[0]?.position ?? '']]);
      return (await streams.replay(topic, { from }).run(() => undefined)).events;
    });
    const stopped = streams.consumer(topic, { group: 'g', clientId: 'stops' });
    let code = 'still running';
    stopped
      .run(() => undefined)
      .then(
        () => (code = 'no error'),
        (error: unknown) => (code = StreamError.is(error) ? error.code : String(error)),
      );
    await stage.until('the consumer stops', () => code !== 'still running');
    await stopped.close();
    const { gaps: missing } = await gapsDuring(topic.name, async () => {
      const goesOn = await stage.member(topic, { onExpired: 'continue', handle: () => undefined });
      await stage.until('the rest is settled', () =>
        ofKind(stage.history.arrivals, 'settle').some(({ position }) => position === places.at(-1)?.position),
      );
      await goesOn.consumer.close();
    });
    const read = new Set(ofKind(stage.history.entries, 'settle').map(({ position }) => position));
    const unread = places.flatMap(({ position }, index) => (read.has(position) ? [] : [index]));
    // Where positions can be counted, so can be what is missing.
    const expected = stage.capabilities.lag.events ? 15 : undefined;
    return {
      'stops by default': code === 'position-expired' ? [] : [`ended with ${code}`],
      'the gap is counted':
        missing.length === 1 && missing[0] === expected
          ? []
          : [`reported ${missing.map(String).join()}, ${expected} were missing`],
      'a replay tells its gap and goes on': [
        ...(replayGaps.length === 1 && replayGaps[0] === (expected === undefined ? undefined : settled + expected)
          ? []
          : [`reported ${replayGaps.map(String).join()}, ${settled + 15} were missing`]),
        ...(replayed === places.length - settled - 15 ? [] : [`${replayed} of ${places.length - settled - 15} came`]),
      ],
      'nothing else is missing':
        unread.length === 15 && unread.every((index) => index >= settled && index < settled + 15)
          ? []
          : [`unread: ${unread.join()}`],
    };
  },
};

/** How many events each gap had that was published for the topic meanwhile, and what the work came to. */
async function gapsDuring<T>(
  topic: string,
  work: () => Promise<T>,
): Promise<{ readonly gaps: readonly (number | undefined)[]; readonly result: T }> {
  const gaps: (number | undefined)[] = [];
  const listen = (message: unknown): void => {
    if (
      typeof message === 'object' &&
      message !== null &&
      'missing' in message &&
      'topic' in message &&
      message.topic === topic
    )
      gaps.push(typeof message.missing === 'number' ? message.missing : undefined);
  };
  subscribe(gapChannel, listen);
  try {
    return { gaps, result: await work() };
  } finally {
    unsubscribe(gapChannel, listen);
  }
}

export const lag: Scenario = {
  id: 'start-replay/lag',
  title: 'lag is what was stored and not committed, grows while nobody reads, and ends at zero',
  needs: {
    capability: 'lag',
    isDeclared: ({ lag: unit }) => unit.events || unit.time,
    refused: async (stage) => {
      const topic = stage.topic();
      const { streams } = await stage.client([topic]);
      return { 'ask for the lag': await fails('unsupported', () => streams.admin.lag(topic, 'g')) };
    },
  },
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const { events: isCounted, time: isTimed } = stage.capabilities.lag;
    const total = async (): Promise<number> =>
      (await streams.admin.lag(topic, 'g')).reduce((sum, { events = Number.NaN }) => sum + events, 0);
    const oldest = async (): Promise<number> =>
      Math.max(...(await streams.admin.lag(topic, 'g')).map(({ ms = Number.NaN }) => ms));
    const member = await stage.member(topic, { handle: () => undefined });
    await stage.load.sendAll(producer, topic, { events: 100, keys: 20 });
    await stage.untilSettled(topic);
    const isBehind = async (): Promise<boolean> => (isCounted ? (await total()) > 0 : (await oldest()) > 0);
    await stage.until('the lag is zero', async () => !(await isBehind()));
    await member.consumer.close();
    const drained = await oldest();
    await stage.load.sendAll(producer, topic, { events: 200, keys: 20 });
    const stopped = await total();
    const [early] = [await oldest()];
    await stage.pause(300);
    // It is that of the oldest event, also where there are new ones.
    await stage.load.sendAll(producer, topic, { events: 40, keys: 20 });
    const late = await oldest();
    const again = await stage.member(topic, { handle: () => undefined });
    await stage.untilSettled(topic);
    const isZero = await stage.until('the lag is zero again', async () => !(await isBehind()));
    await again.consumer.close();
    return {
      'counts what is not committed': !isCounted || stopped === 200 ? [] : [`${stopped} instead of 200`],
      'its age grows': !isTimed || late - early >= 250 ? [] : [`from ${early} to ${late} ms in 300 ms`],
      'ends at zero':
        isZero && (!isTimed || drained === 0) ? [] : [`the oldest event is ${drained} ms old after the drain`],
    };
  },
};

export const throttled: Scenario = outage({
  id: 'backpressure/a-slow-service',
  title: 'a slow service makes everything slow, and nothing fail',
  load: { events: 1_500, perSecond: 400 },
  async breakIt(stage) {
    const undo = stage.faults.slowDown();
    // More than are asked for: the last ones may be answered as soon as the service is fast again.
    const waited = sendsWaited('fault', 20, 750);
    const sends = (): number => ofKind(stage.history.arrivals, 'send').length;
    const most = sends() + 3_000;
    await stage.until('sends waited', () => sends() > most || waited(stage.history.arrivals).length === 0);
    await undo();
  },
  bit: sendsWaited('fault', 20, 600),
  also: (entries) => ({ 'no send failed': noSendFailed(entries), 'exactly once': exclusive(entries) }),
});

export const abortInFlight: Scenario = {
  id: 'close/while-the-service-is-silent',
  title: 'with a service that fell silent, a send can be aborted and a consumer closed in time',
  breaks: true,
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const producer = await stage.producer(topic);
    await stage.load.send(producer, topic, stage.load.event(topic, 'k'));
    const member = await stage.member(topic, { handle: () => undefined });
    await stage.untilSettled(topic);
    const undo = stage.faults.isolate();
    const abort = new AbortController();
    const sending = stage.load.send(producer, topic, stage.load.event(topic, 'k'), { signal: abort.signal });
    await stage.pause(200);
    const elapsed = stage.stopwatch();
    abort.abort();
    await sending;
    const abortedIn = elapsed();
    await member.consumer.close({ deadline: 500 });
    const closedIn = elapsed() - abortedIn;
    await undo();
    const [failed] = ofKind(stage.history.entries, 'send-failed');
    return {
      'at once': within('ended', abortedIn, 1_000),
      'may be written':
        failed?.code === 'aborted' && failed.outcome === 'unknown' ? [] : [`${failed?.code}, ${failed?.outcome}`],
      'close ends as well': within('closed', closedIn, Math.max(6_000, stage.harness.sessionTimeoutMs * 1.5)),
    };
  },
};
