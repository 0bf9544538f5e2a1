import type { DeadLetter } from '@isostream/core';
import { expect } from 'vitest';
import type { Expected } from './matches.ts';
import type { Recording } from './recording.ts';
import { deadLettered, inOrder, type Rank, received, type Verdict } from './verdicts.ts';

type EventOf<Received> =
  Received extends Recording<infer Event> ? Event : Received extends readonly (infer Event)[] ? Event : never;

declare module 'vitest' {
  // The name of the parameter is vitest's, and so is its default.
  // oxlint-disable-next-line typescript/no-explicit-any
  interface Matchers<T = any> {
    /** Waits until the topic has an event as expected; with `not`, looks once. */
    toHaveReceived(expected: Expected<EventOf<T>>): Promise<void>;
    /** Waits until the group has dead-lettered an event of the topic; with `not`, looks once. */
    toHaveDeadLettered(group: string, expected?: Expected<DeadLetter>): Promise<void>;
    /** Looks whether events of each key are in the order of what `by` reads of them. */
    toBeInOrder(by: (event: EventOf<T>) => Rank): Promise<void>;
  }
}

expect.extend({
  toHaveReceived(recording: Recording<unknown>, expected: Expected<unknown>): Promise<Verdict> {
    return received(recording, expected, this.isNot);
  },
  toHaveDeadLettered(recording: Recording<unknown>, group: string, expected?: Expected<DeadLetter>): Promise<Verdict> {
    return deadLettered(recording, group, expected, this.isNot);
  },
  toBeInOrder(recorded: Recording<never> | readonly never[], by: (event: never) => Rank): Promise<Verdict> {
    return inOrder(recorded, by);
  },
});
