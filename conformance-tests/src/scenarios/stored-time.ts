import { startsInTheMiddle } from './not-about.ts';
import { defineTopic, type Streams } from '@isostream/core';
import { atLeast, tell } from '../checks/check.ts';
import { deliveredIds, othersThan } from '../checks/delivery.ts';
import { ofGroup, ofKind } from '../history/history.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import { because, type Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';
import { withClock } from '../run/wrong-clock.ts';
import { type Stored, whatIsStored } from './what-is-stored.ts';

const day = 86_400_000;
const events = 90;

export const storedTime: Scenario = {
  id: 'retention/late-and-future-events-are-kept',
  title: 'what is sent late, or for a time to come, is kept, keeps its time, and is found by when it was stored',
  without: startsInTheMiddle,
  async run(stage) {
    const topic = stage.topic({ partitions: 2, ...(declaresDay(stage) ? { retention: '1d' } : {}) });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const sentFrom = Date.now();
    const happened = [sentFrom - 365 * day, Date.parse('1969-07-20T20:17:40.000Z'), sentFrom + 7_200_000];
    const times = new Map<string, number>();
    // In three parts, so that they are stored at different times.
    for (let part = 0; part < 3; part++) {
      const sending = Array.from({ length: events / 3 }, (_, index) => {
        const event = stage.load.event(topic, `k${index % 9}`);
        const time = happened[(index + part) % happened.length] ?? 0;
        times.set(event.id, time);
        return stage.load.send(producer, topic, { ...event, time: new Date(time) });
      });
      await Promise.all(sending);
      await stage.pause(5);
    }
    const sentUntil = Date.now();
    const unremoved = await removedByTheirOwnTime(stage);
    const stored = await whatIsStored(streams, topic);
    const { clockSkewMs } = stage.harness;
    const [first, second] = [boundary(stored, 1 / 3), boundary(stored, 2 / 3)];
    const ids = (choose: (time: number) => boolean): string[] =>
      stored.filter(({ storedAt }) => choose(storedAt)).map(({ id }) => id);
    const replayed = async (from: Date | 'earliest', to: Date | 'now'): Promise<string[]> => {
      const found: string[] = [];
      await streams.replay(topic, { from, to }).run(({ id }) => void found.push(id));
      return found;
    };
    const fromTime = await replayed(new Date(first), 'now');
    const untilTime = await replayed('earliest', new Date(second));
    const within = await replayed(new Date(first), new Date(second));
    const started = ids((time) => time >= first);
    const group = await groupFrom(stage, topic, new Date(first), started.length);
    const reset = await groupAfterReset(stage, streams, topic, new Date(second), ids((time) => time >= second).length);
    return {
      'kept for its retention after it was stored': [
        ...ofKind(stage.history.entries, 'send-failed').map(({ id, code }) => `${id} was refused: ${code}`),
        ...tell(
          'acknowledged and gone',
          missingOf(
            [...times.keys()],
            ids(() => true),
          ),
        ),
      ],
      'keeps its own time': tell(
        'with another time',
        stored.filter(({ id, time }) => time !== times.get(id)).map(({ id, time }) => `${id} at ${time}`),
      ),
      'is stored at the time of storing': tell(
        'stored at another time',
        stored
          .filter(({ storedAt }) => storedAt < sentFrom - clockSkewMs || storedAt > sentUntil + clockSkewMs)
          .map(({ id, storedAt }) => `${id} at ${storedAt}`),
      ),
      'a replay starts at a time': sameIds(fromTime, started),
      'a replay ends before a time': sameIds(
        untilTime,
        ids((time) => time < second),
      ),
      'a replay lies between two times': sameIds(
        within,
        ids((time) => time >= first && time < second),
      ),
      'a group starts at a time': sameIds(group, started),
      'a reset moves to a time':
        reset === undefined
          ? []
          : sameIds(
              reset,
              ids((time) => time >= second),
            ),
      'a time that a raw event brings counts': unremoved,
      'enough traffic': [
        ...atLeast('stored events', stored.length, events),
        ...atLeast('events before, between and after the times', first < second ? 1 : 0, 1),
      ],
    };
  },
};

export const wrongClock: Scenario = {
  id: 'start-replay/a-client-with-a-wrong-clock',
  title: 'a client whose clock is wrong starts, replays and redrives as one whose clock is right',
  without: {
    ...startsInTheMiddle,
    ...because('what is redriven is given out again', 'exactly once'),
  },
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const poison = 5;
    const failed = new Set<string>();
    const member = await stage.member(topic, {
      retry: { attempts: 1 },
      handle: ({ id }) => {
        if (!id.startsWith('poison-') || failed.has(id)) return;
        failed.add(id);
        throw new Error('until it is sent again');
      },
    });
    await stage.load.sendAll(producer, topic, { events: poison, keys: poison, keyPrefix: 'poison-' });
    const findings: Record<string, readonly string[]> = {};
    for (const [name, ms] of Object.entries({ behind: -5_000, ahead: 3_600_000 })) {
      await stage.load.sendAll(producer, topic, { events: 40, keys: 8, keyPrefix: `before-${name}-` });
      await stage.untilSettled(topic);
      await withClock(ms, async () => {
        // A client of its own: what another one has learned of the time is not known to it.
        const client = await stage.client([topic]);
        const group = `latest-${name}`;
        const late = await stage.member(topic, { group, from: 'latest', client, handle: () => undefined });
        await stage.until('the late group is assigned', () => late.consumer.assignments.length === 1);
        const replayed = new Set<string>();
        await client.streams.replay(topic, { from: 'earliest' }).run(({ id }) => void replayed.add(id));
        const sent = ofKind(stage.history.arrivals, 'sent').map(({ id }) => id);
        findings[`replays everything, ${name}`] = sameIds([...replayed], sent);
        if (name === 'behind') {
          const { redriven } = await client.streams.redrive(topic, { group: 'g' });
          findings['finds its letters'] = redriven === poison ? [] : [`${redriven} of ${poison} letters`];
        }
        await stage.load.sendAll(producer, topic, { events: 20, keys: 8, keyPrefix: `after-${name}-` });
        const own = () => ofGroup(stage.history.arrivals, topic.name, group);
        const isAfter = (id: string): boolean => id.startsWith(`after-${name}-`);
        await stage.until('the late group has what came after', () => {
          return ofKind(own(), 'settle').filter(({ id }) => isAfter(id)).length >= 20;
        });
        await late.consumer.close();
        findings[`latest is what comes after, ${name}`] = sameIds(
          othersThan('poison-', deliveredIds(own())),
          ofKind(stage.history.arrivals, 'sent').flatMap(({ id }) => (isAfter(id) ? [id] : [])),
        );
      });
    }
    await member.consumer.close();
    return { ...findings, 'enough letters': atLeast('letters', failed.size, poison) };
  },
};

/** A time at which an event was stored, with so many before it. */
function boundary(stored: readonly Stored[], share: number): number {
  const times = stored.map(({ storedAt }) => storedAt).toSorted((a, b) => a - b);
  return times[Math.floor(times.length * share)] ?? 0;
}

async function groupFrom(stage: Stage, topic: LoadTopic, from: Date, count: number): Promise<string[]> {
  const member = await stage.member(topic, { group: 'at-a-time', from, handle: () => undefined });
  const own = () => ofGroup(stage.history.arrivals, topic.name, 'at-a-time');
  await stage.until(`${count} events are settled`, () => ofKind(own(), 'settle').length >= count);
  await member.consumer.close();
  return deliveredIds(own());
}

/** `undefined` where a group cannot be moved. */
async function groupAfterReset(
  stage: Stage,
  streams: Streams,
  topic: LoadTopic,
  to: Date,
  count: number,
): Promise<string[] | undefined> {
  if (!stage.capabilities.resetGroup) return undefined;
  await streams.admin.reset(topic, 'moved', to);
  const member = await stage.member(topic, { group: 'moved', handle: () => undefined });
  const own = () => ofGroup(stage.history.arrivals, topic.name, 'moved');
  await stage.until(`${count} events are settled`, () => ofKind(own(), 'settle').length >= count);
  await member.consumer.close();
  return deliveredIds(own());
}

/**
 * Raw events whose sender says that they were stored a month ago, on a topic that keeps a day: once retention has removed
 * them it has also looked at the others. Where the service keeps no such time, or not in ours, there is nothing to see.
 */
async function removedByTheirOwnTime(stage: Stage): Promise<readonly string[]> {
  const { capabilities, harness } = stage;
  if (capabilities.storedTime !== 'sender' || harness.faults === undefined || !declaresDay(stage)) return [];
  const topic = defineTopic(stage.name(), { raw: true, partitions: 1, retention: '1d' });
  const { streams } = await stage.client([topic]);
  const producer = streams.producer(topic);
  const time = new Date(Date.now() - 30 * day);
  // Some providers keep the newest event whatever its age.
  for (const text of ['old', 'also old']) await producer.send({ key: 'k', value: Buffer.from(text), time });
  let left = 2;
  await stage.until('retention has removed what counts as stored a month ago', async () => {
    ({ events: left } = await streams.replay(topic, { from: 'earliest' }).run(() => undefined));
    return left < 2;
  });
  return left < 2 ? [] : ['an event that counts as stored a month ago is kept in a topic that keeps a day'];
}

function declaresDay({ capabilities: { retention } }: Stage): boolean {
  return retention.mutable && retention.minMs <= day && retention.maxMs >= day;
}

/** Each of them once, and no others. */
function sameIds(found: readonly string[], expected: readonly string[]): readonly string[] {
  return [
    ...tell('missing', missingOf(expected, found)),
    ...tell('too many', missingOf(found, expected)),
    ...(new Set(found).size < found.length ? [`${found.length - new Set(found).size} came twice`] : []),
  ];
}

function missingOf(all: readonly string[], from: readonly string[]): string[] {
  const there = new Set(from);
  return all.filter((id) => !there.has(id));
}
