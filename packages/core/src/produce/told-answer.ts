import { eventName } from '../codec/event-name.ts';
import type { Written } from '../contract/sink.ts';
import type { EncodedEvent } from '../model/encoded.ts';
import { observe, type Observations } from '../observe/channels.ts';
import type { Clock } from '../time/clock.ts';
import type { Answer, Pending } from './pending.ts';

const settled = observe('produce:settled');

/** An answer that whoever listens is told as well. */
interface ToldAnswer {
  readonly answer: Answer;
  /** The event on its way, which knows its attempts; `undefined` of one that was refused at once. */
  item: Pending | undefined;
}

/** Tells what became of each event of one topic. */
export class ToldAnswers {
  readonly #topic: string;
  readonly #clock: Clock;

  constructor(topic: string, clock: Clock) {
    this.#topic = topic;
    this.#clock = clock;
  }

  get isHeard(): boolean {
    return settled.hasSubscribers;
  }

  of(event: EncodedEvent, sentAt: number, answer: Answer): ToldAnswer {
    const tell: Answer = (result) => {
      const batch = told.item?.batch;
      const isFailed = result instanceof Error;
      const message: Observations['produce:settled'] = {
        topic: this.#topic,
        key: event.key,
        ...eventName(event),
        result: isFailed ? 'failed' : 'stored',
        // A failed attempt was counted when its result came.
        attempt: batch === undefined ? 0 : isFailed ? Math.max(1, batch.failures) : batch.failures + 1,
        ms: this.#clock.monotonic() - sentAt,
        ...(isFailed ? { error: result } : placeOf(result)),
      };
      settled.publish(message);
      answer(result);
    };
    const told: ToldAnswer = { item: undefined, answer: tell };
    return told;
  }
}

function placeOf({ partition, position }: Written): Pick<Observations['produce:settled'], 'partition' | 'position'> {
  return { ...(partition === undefined ? {} : { partition }), ...(position === undefined ? {} : { position }) };
}
