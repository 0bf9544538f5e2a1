import type { DeadLetter } from '@isostream/core';
import { type Expected, matches } from './matches.ts';
import type { Recording } from './recording.ts';
import { described } from './text.ts';

/** What a matcher found: whether it holds, and a message for whoever expected the opposite. */
export interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/** What an event is ordered by. */
export type Rank = number | bigint | string | Date;

/** An event as far as order goes. */
export interface Keyed {
  readonly key: string | Uint8Array | null;
}

/** Waits for an event, unless it is expected to be absent. */
export async function received<Event>(
  recording: Recording<Event>,
  expected: Expected<Event>,
  isAbsent: boolean,
): Promise<Verdict> {
  let events: readonly Event[] = [];
  const found = await sought(recording, isAbsent, async () => {
    events = await recording.events();
    return events.some((event) => matches(event, expected));
  });
  const among = `It has ${described(events, 'event')}`;
  const what = `${recording.topic} ${found ? 'has received' : 'has not received'} ${described([expected], 'expected')}`;
  return { pass: found, message: () => `${what}\n${among}` };
}

/** Waits for a letter, unless it is expected to be absent. */
export async function deadLettered(
  recording: Recording<unknown>,
  group: string,
  expected: Expected<DeadLetter> | undefined,
  isAbsent: boolean,
): Promise<Verdict> {
  let letters: readonly DeadLetter[] = [];
  const found = await sought(recording, isAbsent, async () => {
    letters = await recording.deadLetters(group);
    return letters.some((letter) => expected === undefined || matches(letter, expected));
  });
  const what = `${group} has ${found ? '' : 'not '}dead-lettered ${expected === undefined ? 'an event' : described([expected], 'expected')}`;
  return { pass: found, message: () => `${what} of ${recording.topic}\nIt has ${described(letters, 'dead letter')}` };
}

/** Whether the events of each key come in the order of what `by` reads of them. Events without a key have no order. */
export async function inOrder<Event extends Keyed>(
  recorded: Recording<Event> | readonly Event[],
  by: (event: Event) => Rank,
): Promise<Verdict> {
  const events = isRecording(recorded) ? await recorded.events() : recorded;
  const last = new Map<string, Event>();
  let compared = 0;
  for (const event of events) {
    if (event.key === null) continue;
    const key = typeof event.key === 'string' ? event.key : Buffer.from(event.key).toString('hex');
    const before = last.get(key);
    if (before !== undefined) {
      compared++;
      const [earlier, later] = [by(before), by(event)];
      if (!(earlier < later)) {
        const text = `of key ${key}, ${described([earlier], 'event')} is followed by ${described([later], 'event')}`;
        return { pass: false, message: () => `the events are not in order: ${text}` };
      }
    }
    last.set(key, event);
  }
  if (compared === 0)
    return {
      pass: false,
      message: () => `nothing can be said of the order: no key has two events among ${events.length}`,
    };
  return { pass: true, message: () => `the events of each key are in order, of ${last.size} keys` };
}

async function sought(
  recording: Recording<unknown>,
  isAbsent: boolean,
  isThere: () => Promise<boolean>,
): Promise<boolean> {
  if (isAbsent) return isThere();
  return (await recording.until(async () => ((await isThere()) ? true : undefined))) ?? false;
}

function isRecording<Event>(value: Recording<Event> | readonly Event[]): value is Recording<Event> {
  return !Array.isArray(value);
}
