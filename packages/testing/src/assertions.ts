import { AssertionError } from 'node:assert';
import type { DeadLetter } from '@isostream/core';
import type { Expected } from './matches.ts';
import type { Recording } from './recording.ts';
import { deadLettered, inOrder, type Keyed, type Rank, received, type Verdict } from './verdicts.ts';

/** Waits until a topic has an event as expected. For `node:test` and others; throws `AssertionError` with what is there. */
export async function toHaveReceived<Event>(recording: Recording<Event>, expected: Expected<Event>): Promise<void> {
  held(await received(recording, expected, false));
}

/** Waits until a group has dead-lettered an event; without `expected`, any. Throws `AssertionError` with what is there. */
export async function toHaveDeadLettered(
  recording: Recording<unknown>,
  group: string,
  expected?: Expected<DeadLetter>,
): Promise<void> {
  held(await deadLettered(recording, group, expected, false));
}

/**
 * Looks whether the events of each key are in the order of what `by` reads of them, such as a version: each greater than the one
 * before. Throws `AssertionError` where they are not, or where no key has two events.
 */
export async function toBeInOrder<Event extends Keyed>(
  recorded: Recording<Event> | readonly Event[],
  by: (event: Event) => Rank,
): Promise<void> {
  held(await inOrder(recorded, by));
}

function held({ pass, message }: Verdict): void {
  if (!pass) throw new AssertionError({ message: message() });
}
