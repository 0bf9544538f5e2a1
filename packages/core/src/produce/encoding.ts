import type { PendingEvent } from '../codec/codec.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent } from '../model/encoded.ts';
import type { Clock } from '../time/clock.ts';
import { onAbort } from '../time/on-abort.ts';
import { abortedBy, pause } from '../time/wait.ts';
import { backoffDelay, type BackoffMs } from '../retry/backoff.ts';
import type { Answer } from './pending.ts';
import type { SendSettings } from './settings.ts';
import * as errors from './writer-errors.ts';

/** Between two questions for what an event lacks, in milliseconds. */
const askAgain: BackoffMs = { initial: 100, max: 2_000, jitter: 'none' };

type Ended<Event> = { readonly event: Event } | { readonly error: StreamError };

interface Patience {
  readonly promise: Promise<undefined>;
  /** Says whether its sender still waited, and ends that. */
  readonly end: () => boolean;
  /** Aborted once its sender waits no more. */
  readonly over: AbortSignal;
}

/**
 * Events whose schema answers later, and those behind them, which must not overtake. None waits longer than it may: then its
 * sender has an answer, and the line moves on without it.
 */
export class EncodingLine {
  readonly #clock: Clock;
  readonly #write: (event: EncodedEvent, answer: Answer, settings: SendSettings) => void;
  readonly #waiting = new Set<(error: StreamError) => void>();
  #last: Promise<void> | undefined;

  constructor(clock: Clock, write: (event: EncodedEvent, answer: Answer, settings: SendSettings) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** Resolves when all that is in line now was written or given up. */
  async flush(): Promise<void> {
    await this.#last;
  }

  /** Everybody in line has this answer. */
  fail(error: StreamError): void {
    for (const giveUp of this.#waiting) giveUp(error);
  }

  add(
    encoded: EncodedEvent | PendingEvent | Promise<EncodedEvent | PendingEvent>,
    answer: Answer,
    settings: SendSettings,
  ): void {
    const gaveUp = this.#patience(answer, settings);
    const before = this.#last;
    // Its rejection is looked at when its turn comes.
    const ready = ended(Promise.resolve(encoded));
    const turn = (async (): Promise<void> => {
      await before;
      const result = await Promise.race([this.#whole(ready, gaveUp), gaveUp.promise]);
      if (!gaveUp.end() || result === undefined) return;
      if ('error' in result) answer(result.error);
      else this.#write(result.event, answer, settings);
    })();
    this.#last = turn;
    void turn.then(() => {
      if (this.#last === turn) this.#last = undefined;
    });
  }

  /** Asks for what an event lacks until it has it, its error is not retryable, or nobody waits for it any more. */
  async #whole(
    encoded: Promise<Ended<EncodedEvent | PendingEvent>>,
    { over }: Patience,
  ): Promise<Ended<EncodedEvent> | undefined> {
    const first = await encoded;
    if ('error' in first) return first;
    const { event: ask } = first;
    if (typeof ask !== 'function') return { event: ask };
    for (let failures = 1; ; failures++) {
      const result = await ended(ask());
      if ('event' in result || !result.error.retryable || over.aborted) return result;
      if (!(await pause(backoffDelay(askAgain, failures, Math.random), over, this.#clock))) return undefined;
    }
  }

  /** Answers whoever waits too long or is told not to wait. `end` says whether it still waits, and ends that. */
  #patience(answer: Answer, { signal, timeoutMs, sentAt }: SendSettings): Patience {
    const over = new AbortController();
    let resolve = (): void => undefined;
    const promise = new Promise<undefined>((done) => (resolve = () => done(undefined)));
    const end = (): boolean => {
      cancel();
      forget?.();
      over.abort();
      return this.#waiting.delete(giveUp);
    };
    const giveUp = (error: StreamError): void => {
      if (!end()) return;
      answer(error.withOutcome('not-written'));
      resolve();
    };
    this.#waiting.add(giveUp);
    const leftMs = Math.max(0, sentAt + timeoutMs - this.#clock.monotonic());
    const cancel = this.#clock.timer(leftMs, () => giveUp(errors.encodedTooLate(timeoutMs)));
    const forget = signal === undefined ? undefined : onAbort(signal, () => giveUp(abortedBy(signal)));
    return { promise, end, over: over.signal };
  }
}

function ended<Event>(event: Promise<Event>): Promise<Ended<Event>> {
  return event.then(
    (encoded) => ({ event: encoded }),
    (thrown: unknown) => ({ error: StreamError.from(thrown, 'producer').withOutcome('not-written') }),
  );
}
