import type { Streams } from '@isostream/core';
import { atLeast, tell } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import type { Findings, Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';
import { fails } from './refusals.ts';

/** As far as JavaScript's dates go. */
const lastDate = 8_640_000_000_000_000;
const events = 60;

export const startPlaces: Scenario = {
  id: 'start-replay/places-out-of-range',
  title: 'times long past mean everything, times to come nothing, and what is not a place is refused alike',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const { streams } = await stage.client([topic]);
    await stage.load.sendAll(streams.producer(topic), topic, { events, keys: 12 });
    const count = async (from: Date | 'earliest', to: Date | 'now'): Promise<number> =>
      (await streams.replay(topic, { from, to }).run(() => undefined)).events;
    const all: string[] = [];
    const none: string[] = [];
    const expect = async (expected: 0 | typeof events, from: Date | 'earliest', to: Date | 'now'): Promise<void> => {
      const found = await count(from, to);
      const name = (place: Date | string): string => (place instanceof Date ? String(place.getTime()) : place);
      if (found !== expected) (expected === 0 ? none : all).push(`${found} from ${name(from)} to ${name(to)}`);
    };
    for (const ms of [-lastDate, -1, 0, 1]) await expect(events, new Date(ms), 'now');
    await expect(events, 'earliest', new Date(lastDate));
    for (const ms of [Date.now() + 3_600_000, lastDate]) await expect(0, new Date(ms), 'now');
    for (const ms of [-lastDate, -1, 1]) await expect(0, 'earliest', new Date(ms));
    return {
      'from the past is everything, up to the future as well': all,
      'from the future is nothing, up to the past as well': none,
      'a group starts in the past': await startsAt(stage, topic, 'past', new Date(-2), events),
      'a group starts in the future': await startsAt(stage, topic, 'future', new Date(lastDate), 0),
      'what is not a time is refused': await noTimes(stage, streams, topic),
      ...(stage.capabilities.settlement === 'watermark' ? await positions(stage, streams, topic) : {}),
      'enough traffic': atLeast('acknowledged events', ofKind(stage.history.entries, 'sent').length, events),
    };
  },
};

/** A group that starts there handles so many of what is stored, and all that comes after it was assigned. */
async function startsAt(
  stage: Stage,
  topic: LoadTopic,
  group: string,
  from: Date,
  expected: number,
): Promise<readonly string[]> {
  const { streams } = await stage.client([topic]);
  const before = ofKind(stage.history.arrivals, 'sent').length;
  const seen = new Set<string>();
  const consumer = streams.consumer(topic, { group, from });
  const running = consumer.run(({ id }) => void seen.add(id));
  await stage.until('the group is assigned', () => consumer.assignments.length === stage.lanes(2));
  await stage.load.sendAll(streams.producer(topic), topic, { events: 10, keys: 10, keyPrefix: `${group}-` });
  const later = () => [...seen].filter((id) => id.startsWith(`${group}-`)).length;
  await stage.until('it has what came after', () => later() === 10 && seen.size >= expected + 10);
  await consumer.close();
  await running;
  const stored = seen.size - later();
  // What another start has sent meanwhile is stored as well.
  const due = expected === 0 ? 0 : before;
  return stored === due ? [] : [`${stored} of ${before} stored events, ${due} were due`];
}

async function noTimes(stage: Stage, streams: Streams, topic: LoadTopic): Promise<readonly string[]> {
  const invalid = new Date(Number.NaN);
  const refusals = await Promise.all([
    fails('invalid-config', () => streams.consumer(topic, { group: 'g', from: invalid })),
    fails('invalid-config', () => streams.replay(topic, { from: invalid })),
    fails('invalid-config', () => streams.replay(topic, { from: 'earliest', to: invalid })),
    stage.capabilities.resetGroup ? fails('invalid-config', () => streams.admin.reset(topic, 'g', invalid)) : [],
  ]);
  return refusals.flat();
}

/** Positions as people get them wrong. A right one is the place of an event; the end of a partition is one as well. */
async function positions(stage: Stage, streams: Streams, topic: LoadTopic): Promise<Findings> {
  let [partition, position] = ['', ''];
  await streams.replay(topic, { from: 'earliest' }).run((_, context) => {
    ({ partition, position } = context);
  });
  const beyond = position.replace(/\d+/, (digits) => {
    return String(BigInt(digits) + 10n ** BigInt(Math.max(9, digits.length - 1)));
  });
  const wrong: readonly (readonly [string, string])[] = [
    [partition, 'abc'],
    [partition, ''],
    [partition, '-1'],
    [partition, '1.5'],
    [partition, ' 1'],
    [partition, beyond],
    ['no-such-partition', position],
    ['-1', position],
    ['', position],
  ];
  const replayed = await Promise.all(
    wrong.map(async (entry) => {
      const from = new Map([entry]);
      return named(entry, await fails('invalid-config', () => streams.replay(topic, { from }).run(() => undefined)));
    }),
  );
  const reset: (readonly string[])[] = [];
  if (stage.capabilities.resetGroup)
    for (const entry of wrong)
      reset.push(
        named(entry, await fails('invalid-config', () => streams.admin.reset(topic, 'never-run', new Map([entry])))),
      );
  const known = (await streams.admin.groups(topic)).includes('never-run');
  const from = new Map([[partition, position]]);
  const right: string[] = [];
  await streams.replay(topic, { from }).run((_, context) => void right.push(context.position));
  return {
    'a replay from no position is refused': replayed.flat(),
    'a reset to no position is refused': reset.flat(),
    'a refusal leaves no group': known ? ['a group is there that only refused resets have named'] : [],
    'a replay from a position begins with its event': right.includes(position)
      ? tell('before it', right[0] === position ? [] : [`${right[0]} comes first`])
      : [`the event at ${position} does not come`],
  };
}

function named([partition, position]: readonly [string, string], findings: readonly string[]): readonly string[] {
  return findings.map((text) => `partition ${JSON.stringify(partition)}, ${JSON.stringify(position)}: ${text}`);
}
