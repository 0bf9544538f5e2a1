import { inspect, isDeepStrictEqual } from 'node:util';
import { type BatchOptions, type ConsumerOptions, eventTypes, skip, StreamError, type Topic } from 'isostream';

/** One method that handles events of a topic in a group. */
export interface Member {
  /** Class and method, for messages. */
  readonly where: string;
  readonly topic: Topic;
  readonly options: ConsumerOptions;
  readonly kind: 'event' | 'batch';
  /** The types that it is for; undefined for all. */
  readonly types: readonly string[] | undefined;
  /** Types that nobody is for. */
  readonly skip: readonly string[];
  readonly batch: BatchOptions;
  readonly call: (...given: readonly unknown[]) => Promise<unknown>;
}

/** The methods of one topic and group, which share one consumer. */
export interface Group {
  readonly topic: Topic;
  readonly options: ConsumerOptions;
  /** The method of an event's type. */
  readonly methodFor: (type: string | undefined) => (...given: readonly unknown[]) => unknown;
  /** Given where the method takes batches. */
  readonly batch: BatchOptions | undefined;
}

/** Puts methods together by topic and group. Throws `invalid-config` where they contradict each other or leave a type out. */
export function groupsOf(members: readonly Member[]): readonly Group[] {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const name = `${member.topic.name}\n${member.options.group}`;
    groups.set(name, [...(groups.get(name) ?? []), member]);
  }
  return [...groups.values()].map(groupOf);
}

function groupOf(members: readonly Member[]): Group {
  const [first] = members;
  if (first === undefined) throw new TypeError('a group has a member');
  const { topic } = first;
  const options = merged(members);
  const whole = members.find(({ types }) => types === undefined);
  if (whole !== undefined) {
    const other = members.find((member) => member !== whole);
    if (other !== undefined)
      throw wrong(
        members,
        `${whole.where} takes every event of the group, and ${other.where} is in it too. Name the type of each, or give one another group`,
      );
    return { topic, options, methodFor: () => whole.call, batch: whole.kind === 'batch' ? whole.batch : undefined };
  }
  const byType = typesOf(members);
  return { topic, options, methodFor: (type) => byType.get(type ?? '') ?? skip, batch: undefined };
}

/** The method of each type that the topic declares, each exactly one. */
function typesOf(members: readonly Member[]): ReadonlyMap<string, Member['call']> {
  const [{ topic } = { topic: undefined }] = members;
  const declared = (topic === undefined ? undefined : eventTypes(topic)) ?? [];
  const skipped = new Set(members.flatMap((member) => member.skip));
  const byType = new Map<string, Member>();
  for (const member of members)
    for (const type of member.types ?? []) {
      const before = byType.get(type);
      if (before !== undefined)
        throw wrong(members, `"${type}" has two methods, ${before.where} and ${member.where}. Give one another group`);
      byType.set(type, member);
    }
  const strange = [...byType.keys(), ...skipped].find((type) => !declared.includes(type));
  if (strange !== undefined)
    throw wrong(members, `the topic does not declare "${strange}". It has: ${declared.join(', ')}`);
  const missing = declared.filter((type) => !byType.has(type) && !skipped.has(type));
  if (missing.length > 0) throw wrong(members, `no method is for ${missing.join(', ')}. Add one, or name it in "skip"`);
  return new Map([...byType].map(([type, { call }]) => [type, call]));
}

/** The options of all, each of which is the same wherever it is given. */
function merged(members: readonly Member[]): ConsumerOptions {
  const all = new Map<string, unknown>();
  for (const { options, where } of members)
    for (const [name, option] of Object.entries(options)) {
      if (all.has(name) && !isDeepStrictEqual(all.get(name), option))
        throw wrong(
          members,
          `${where} has ${name} ${inspect(option)}, another method of the group ${inspect(all.get(name))}. Give it once`,
        );
      all.set(name, option);
    }
  return { group: '', ...Object.fromEntries(all) };
}

function wrong(members: readonly Member[], message: string): StreamError {
  const [first] = members;
  return new StreamError('invalid-config', message, {
    where: `${first?.topic.name} in group ${first?.options.group}`,
  });
}
