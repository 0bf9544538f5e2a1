import type { Entry } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { atLeast } from '../checks/check.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import type { SendPlan } from '../load/load.ts';
import type { Findings } from '../run/scenario.ts';
import type { Member, MemberOptions } from '../run/stage-options.ts';
import type { Stage } from '../run/stage.ts';

export interface BaseLoad extends MemberOptions {
  readonly members?: number;
  readonly events?: number;
  readonly keys?: number;
}

/** 200 keys, 5,000 events, 8 partitions, 3 members with handlers of 0 to 20 ms, all settled in the end. */
export async function baseLoad(stage: Stage, options: BaseLoad = {}): Promise<LoadTopic> {
  const { members: count = 3, events = stage.scaled(5_000, 600), keys = 200, ...memberOptions } = options;
  const topic = stage.topic();
  const members = await startMembers(stage, topic, count, memberOptions);
  const producer = await stage.producer(topic);
  await stage.load.sendAll(producer, topic, { events, keys });
  await stage.untilSettled(topic);
  await Promise.all(members.map(({ consumer }) => consumer.close()));
  return topic;
}

/** One member and its load, all settled in the end; gives the history. */
export async function workOff(
  stage: Stage,
  topic: LoadTopic,
  plan: SendPlan,
  options: MemberOptions = {},
): Promise<readonly Entry[]> {
  const { consumer } = await stage.member(topic, options);
  const producer = await stage.producer(topic);
  await stage.load.sendAll(producer, topic, plan);
  await stage.untilSettled(topic);
  await consumer.close();
  return stage.history.entries;
}

const atOnce: MemberOptions = { handle: () => undefined };

/** A member that settles what a topic holds already, at once if nothing else is asked for; gives the history. */
export async function readToEnd(
  stage: Stage,
  topic: LoadTopic,
  options: MemberOptions = atOnce,
): Promise<readonly Entry[]> {
  const { consumer } = await stage.member(topic, options);
  await stage.untilSettled(topic);
  await consumer.close();
  return stage.history.entries;
}

/** Members that share the partitions, each with at least one. */
export async function startMembers(
  stage: Stage,
  topic: LoadTopic,
  count: number,
  options: MemberOptions = {},
): Promise<Member[]> {
  const members: Member[] = [];
  for (let index = 0; index < count; index++) members.push(await stage.member(topic, options));
  await stage.until(`${count} members have partitions`, () =>
    members.every(({ consumer }) => consumer.assignments.length > 0),
  );
  return members;
}

/** Enough was sent, delivered and shared to prove anything. */
export function busyEnough(entries: readonly Entry[], events: number, members: number): Findings {
  const active = new Set(ofKind(entries, 'deliver').map((entry) => entry.member));
  return {
    'enough traffic': [
      ...atLeast('acknowledged events', ofKind(entries, 'sent').length, events),
      ...atLeast('deliveries', ofKind(entries, 'deliver').length, events),
      ...atLeast('members with deliveries', active.size, members),
    ],
  };
}
