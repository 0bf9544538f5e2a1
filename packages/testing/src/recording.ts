import type { DeadLetter, Duration, Start, Streams, Topic } from '@isostream/core';
import { StreamError, toMilliseconds } from '@isostream/core/adapter';

/** A clock that moves until work is done, such as that of `@isostream/memory`. */
export interface VirtualTime {
  advanceUntil<Result>(work: () => PromiseLike<Result>, options?: { readonly within?: Duration }): Promise<Result>;
}

export interface RecordOptions {
  /** Where the recording begins. Default `earliest`; on a broker that others use, `new Date()`. */
  readonly from?: Start;
  /** The clock of the test, if it is virtual: waiting moves it. Default real time. */
  readonly clock?: VirtualTime;
  /** How long a matcher waits for what it looks for. Default 5 s, or 1 h of a virtual clock. */
  readonly within?: Duration;
}

/** What is stored in a topic, whoever wrote it. It belongs to no group, and moves none. */
export interface Recording<Event> {
  readonly topic: string;
  /** All events that are stored now, in the order of each partition. */
  events(): Promise<readonly Event[]>;
  /** All events that a group dead-lettered and nobody sent back. */
  deadLetters(group: string): Promise<readonly DeadLetter[]>;
  /** Asks until the answer is not undefined, or for as long as `within`; then the last answer is undefined. */
  until<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer | undefined>;
}

/** Records a topic of a client: give it to the matchers, or read its events. */
export function record<Input, Output>(
  streams: Streams,
  topic: Topic<Input, Output>,
  { from = 'earliest', clock, within }: RecordOptions = {},
): Recording<Output> {
  const bound = within === undefined ? {} : { within };
  return {
    topic: topic.name,
    async events() {
      const events: Output[] = [];
      await streams.replay(topic, { from, concurrency: 1 }).run((event: Output) => void events.push(event));
      return events;
    },
    async deadLetters(group) {
      const letters: DeadLetter[] = [];
      try {
        for await (const letter of streams.deadLetters(topic, { group })) letters.push(letter);
      } catch (error) {
        // A group that has not started yet has no place for letters.
        if (!StreamError.is(error) || error.code !== 'unknown-topic') throw error;
      }
      return letters;
    },
    async until(ask) {
      if (clock === undefined) return untilAnswered(ask, toMilliseconds(within ?? '5s', 'within'));
      let isAsking = true;
      const answered = clock.advanceUntil(() => untilAnswered(ask, Infinity, () => isAsking), bound);
      return answered
        .catch((error: unknown) => {
          // The clock has no timer left, or has moved on as far as it may: what comes after it is what there is.
          if (StreamError.is(error) && error.code === 'timeout') return undefined;
          throw error;
        })
        .finally(() => (isAsking = false));
    },
  };
}

/** The pause between two questions in real time, in milliseconds. */
const pauseMs = 10;

async function untilAnswered<Answer>(
  ask: () => Promise<Answer | undefined>,
  ms: number,
  goesOn: () => boolean = () => true,
): Promise<Answer | undefined> {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() >= end || !goesOn()) return answer;
    await new Promise<void>((resolve) => {
      if (ms === Infinity) setImmediate(resolve);
      else setTimeout(resolve, pauseMs);
    });
  }
}
