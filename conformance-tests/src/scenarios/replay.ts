import { readToEnd } from './base-load.ts';
import { startsInTheMiddle } from './not-about.ts';
import { StreamError } from '@isostream/core';
import { atLeast, tell } from '../checks/check.ts';
import {
  allDelivered,
  deliveredIds,
  exclusive,
  replaysKey,
  resumesAfter,
  startsAt,
  othersThan,
} from '../checks/delivery.ts';
import { perKeyOrder } from '../checks/order.ts';
import { between } from '../checks/limits.ts';
import { placeOnLine } from '../checks/position.ts';
import { ofGroup, ofKind } from '../history/history.ts';
import type { Handle } from '../run/recorded-call.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { fails, refusal } from './refusals.ts';

export const startPositions: Scenario = {
  id: 'start-replay/earliest-and-latest',
  title: 'a new group at earliest gets everything, one at latest exactly what comes after its assignment, there or not',
  without: startsInTheMiddle,
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 300, keys: 30, keyPrefix: 'before-' });
    // It holds its place from when it is assigned, though it leaves before there is anything to commit.
    const brief = await stage.member(topic, { group: 'brief', from: 'latest', handle: () => undefined });
    await stage.until('the brief member is assigned', () => brief.consumer.assignments.length === stage.lanes(4));
    await brief.consumer.close();
    stage.mark('started');
    const late = await stage.member(topic, { group: 'late', from: 'latest', handle: () => undefined });
    const early = await stage.member(topic, { group: 'early', from: 'earliest', handle: () => undefined });
    await stage.until('both groups are assigned', () =>
      [late, early].every(({ consumer }) => consumer.assignments.length === stage.lanes(4)),
    );
    await stage.load.sendAll(producer, topic, { events: 300, keys: 30, keyPrefix: 'after-' });
    await stage.untilSettled(topic, 'early');
    const lateEntries = () => ofGroup(stage.history.entries, topic.name, 'late');
    await stage.until('the late group has what came after', () => ofKind(lateEntries(), 'settle').length >= 300);
    const next = await stage.member(topic, { group: 'brief', from: 'latest', handle: () => undefined });
    const briefEntries = () => ofGroup(stage.history.entries, topic.name, 'brief');
    await stage.until('the brief group has what came after', () => ofKind(briefEntries(), 'settle').length >= 300);
    await Promise.all([late.consumer.close(), early.consumer.close(), next.consumer.close()]);
    const delivered = deliveredIds(lateEntries());
    return {
      'earliest gets everything, once': [
        ...allDelivered(ofGroup(stage.history.entries, topic.name, 'early')),
        ...exclusive(ofGroup(stage.history.entries, topic.name, 'early')),
      ],
      'latest gets nothing older': tell('older than the assignment', othersThan('after-', delivered)),
      'latest gets everything newer': atLeast('newer events', new Set(delivered).size, 300),
      'latest gets it once': exclusive(lateEntries()),
      'a start holds without a commit': [
        ...startsAt('started')(briefEntries()),
        ...exclusive(briefEntries()),
        ...atLeast('events while nobody was there', new Set(deliveredIds(briefEntries())).size, 300),
      ],
    };
  },
};

export const startAtTime: Scenario = {
  id: 'start-replay/at-a-time',
  title: 'a group and a replay that start at a time get what was stored from then on',
  needs: {
    capability: 'startAtTimestamp',
    isDeclared: (capabilities) => capabilities.startAtTimestamp && capabilities.replay,
    refused: async (stage) => {
      const topic = stage.topic({ partitions: 1 });
      const { streams } = await stage.client([topic]);
      return { 'start at a time': refusal(() => streams.consumer(topic, { group: 'g', from: new Date() })) };
    },
  },
  without: startsInTheMiddle,
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const client = await stage.client([topic]);
    const producer = client.streams.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 200, keys: 20, keyPrefix: 'before-' });
    await stage.pause(20 + stage.harness.clockSkewMs);
    const time = new Date();
    await stage.pause(20 + stage.harness.clockSkewMs);
    await stage.load.sendAll(producer, topic, { events: 200, keys: 20, keyPrefix: 'after-' });
    const member = await stage.member(topic, { from: time, handle: () => undefined });
    await stage.until('the group has what is newer', () => ofKind(stage.history.entries, 'settle').length >= 200);
    await member.consumer.close();
    const positions = async () => (stage.capabilities.lag.events ? client.streams.admin.lag(topic, 'g') : []);
    const positionsBefore = await positions();
    const replayed: string[] = [];
    const { events } = await client.streams.replay(topic, { from: time }).run((event) => void replayed.push(event.id));
    // One that surely has events: that of the newest.
    const key = ofKind(stage.history.entries, 'send').at(-1)?.key ?? '';
    const ofOneKey: string[] = [];
    await client.streams.replay(topic, { from: 'earliest', key }).run((event) => void ofOneKey.push(event.id));
    const old: string[] = [];
    await client.streams.replay(topic, { from: 'earliest', to: time }).run((event) => void old.push(event.id));
    const delivered = deliveredIds(stage.history.entries);
    const moved = sameLag(positionsBefore, await positions());
    stage.mark('replayed');
    await stage.load.sendAll(producer, topic, { events: 50, keys: 20, keyPrefix: 'later-' });
    const again = await stage.member(topic, { from: time, handle: () => undefined });
    await stage.until('the group goes on', () => ofKind(stage.history.entries, 'settle').length >= 250);
    await again.consumer.close();
    stage.mark('end');
    const afterwards = deliveredIds(between(stage.history.entries, 'replayed', 'end'));
    return {
      'the group gets nothing older': tell('older', othersThan('after-', delivered)),
      'the group gets everything newer': atLeast('newer events', new Set(delivered).size, 200),
      'the replay gets exactly the newer ones': [
        ...tell('older', othersThan('after-', replayed)),
        ...atLeast('replayed events', new Set(replayed).size, 200),
      ],
      'the replay counts': events === replayed.length ? [] : [`${events} reported, ${replayed.length} handled`],
      'a key can be picked': replaysKey(key, ofOneKey)(stage.history.entries),
      'the range ends before its end': [
        ...tell('at or after the end', othersThan('before-', old)),
        ...atLeast('older events', new Set(old).size, 200),
      ],
      'the group did not move': [
        ...moved,
        ...tell('read before the replay and delivered again', othersThan('later-', afterwards)),
        ...atLeast('events after the replay', new Set(afterwards).size, 50),
      ],
    };
  },
};

export const resume: Scenario = {
  id: 'groups/a-group-resumes',
  title: 'a group that stopped goes on with exactly what it had not settled',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 600, keys: 60 });
    let started = 0;
    let goOn = (): void => undefined;
    const closing = new Promise<void>((resolve) => (goOn = resolve));
    const busy = stage.busy(8);
    // However fast it is and however seldom somebody looks: half of the events are not even started.
    const handle: Handle = async (event, context) => {
      if (++started > 300) await closing;
      await busy(event, context);
    };
    const first = await stage.member(topic, { handle, maxInFlight: { events: 60 } });
    await stage.until('half is settled', () => ofKind(stage.history.arrivals, 'settle').length >= 250);
    const closed = first.consumer.close();
    goOn();
    await closed;
    stage.mark('restart');
    const settledBefore = ofKind(stage.history.entries, 'settle').length;
    const entries = await readToEnd(stage, topic);
    return {
      'resumes with what was not settled': resumesAfter('restart')(entries),
      'stopped in the middle': [
        ...atLeast('settled before', settledBefore, 250),
        ...(settledBefore >= 600 ? ['everything was settled before the restart'] : []),
      ],
    };
  },
};

export const resetGroup: Scenario = {
  id: 'start-replay/a-group-is-reset',
  title: 'a group that is reset reads again from there, and no other group notices',
  needs: {
    capability: 'resetGroup',
    isDeclared: (capabilities) => capabilities.resetGroup,
    refused: async (stage) => {
      const topic = stage.topic({ partitions: 1 });
      const { streams } = await stage.client([topic]);
      return { 'reset a group': await fails('unsupported', () => streams.admin.reset(topic, 'g', 'earliest')) };
    },
  },
  without: because('the group is moved back', 'exactly once', 'repeats were uncommitted', 'monotonic commits'),
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const client = await stage.client([topic]);
    const producer = client.streams.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 400, keys: 40 });
    const first = await stage.member(topic, { handle: () => undefined });
    const other = await stage.member(topic, { group: 'other', handle: () => undefined });
    await stage.untilSettled(topic);
    await stage.untilSettled(topic, 'other');
    const whileActive = await codeOf(() => client.streams.admin.reset(topic, 'g', 'earliest'));
    await Promise.all([first.consumer.close(), other.consumer.close()]);
    const middle = new Map<string, string>();
    const expected = new Set<string>();
    const read = ofKind(ofGroup(stage.history.entries, topic.name, 'g'), 'deliver');
    for (const partition of new Set(read.map((entry) => entry.partition))) {
      const events = read.filter((entry) => entry.partition === partition);
      events.sort((a, b) => (placeOnLine(a.position) < placeOnLine(b.position) ? -1 : 1));
      const later = events.slice(Math.floor(events.length / 2));
      if (later[0] !== undefined) middle.set(partition, later[0].position);
      for (const { id } of later) expected.add(id);
    }
    await client.streams.admin.reset(topic, 'g', middle);
    stage.mark('reset');
    const second = await stage.member(topic, { handle: () => undefined });
    const again = await stage.member(topic, { group: 'other', handle: () => undefined });
    await stage.until(
      'the reset group read again',
      () =>
        again.consumer.assignments.length === 4 &&
        second.consumer.assignments.length === 4 &&
        settledSince(stage.history.entries, 'reset') >= expected.size,
    );
    await Promise.all([second.consumer.close(), again.consumer.close()]);
    stage.mark('end');
    const after = between(stage.history.entries, 'reset', 'end');
    const delivered = deliveredIds(ofGroup(after, topic.name, 'g'));
    return {
      'read again from there': [
        ...tell(
          'before the position',
          delivered.filter((id) => !expected.has(id)),
        ),
        ...atLeast('events again', new Set(delivered).size, expected.size),
      ],
      'order per key': perKeyOrder(after.filter((entry) => !('group' in entry) || entry.group === 'g')),
      'the other group did not move': tell('deliveries', deliveredIds(ofGroup(after, topic.name, 'other'))),
      'refused while the group is active':
        whileActive === 'conflict' ? [] : [`reset of an active group: ${whileActive}, not conflict`],
      'enough traffic': atLeast('events to read again', expected.size, 190),
    };
  },
};

function settledSince(entries: Parameters<typeof between>[0], mark: string): number {
  const index = entries.findIndex((entry) => entry.kind === 'mark' && entry.name === mark);
  return ofKind(entries.slice(index), 'settle').filter((entry) => entry.group === 'g').length;
}

async function codeOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return 'no error';
  } catch (error) {
    return StreamError.is(error) ? error.code : String(error);
  }
}

interface Committed {
  readonly partition: string;
  readonly committed: string | undefined;
}

function sameLag(before: readonly Committed[], after: readonly Committed[]): readonly string[] {
  const text = (lags: readonly Committed[]): string => lags.map((lag) => `${lag.partition}=${lag.committed}`).join(' ');
  return text(before) === text(after) ? [] : [`positions were ${text(before)}, are ${text(after)}`];
}
