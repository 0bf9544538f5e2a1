import { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent } from '../model/encoded.ts';
import type { Clock } from '../time/clock.ts';
import { onAbort } from '../time/on-abort.ts';
import { abortedBy } from '../time/wait.ts';
import type { Answer } from './pending.ts';
import type { SendSettings } from './settings.ts';
import * as errors from './writer-errors.ts';

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

  add(encoded: EncodedEvent | Promise<EncodedEvent>, answer: Answer, settings: SendSettings): void {
    const gaveUp = this.#patience(answer, settings);
    const before = this.#last;
    // Its rejection is looked at when its turn comes.
    const ready = Promise.resolve(encoded).then(
      (event) => ({ event }),
      (thrown: unknown) => ({ error: StreamError.from(thrown, 'producer').withOutcome('not-written') }),
    );
    const turn = (async (): Promise<void> => {
      await before;
      const result = await Promise.race([ready, gaveUp.promise]);
      if (!gaveUp.end() || result === undefined) return;
      if ('error' in result) answer(result.error);
      else this.#write(result.event, answer, settings);
    })();
    this.#last = turn;
    void turn.then(() => {
      if (this.#last === turn) this.#last = undefined;
    });
  }

  /** Answers whoever waits too long or is told not to wait. `end` says whether it still waits, and ends that. */
  #patience(
    answer: Answer,
    { signal, timeoutMs, sentAt }: SendSettings,
  ): { readonly promise: Promise<undefined>; readonly end: () => boolean } {
    let resolve = (): void => undefined;
    const promise = new Promise<undefined>((done) => (resolve = () => done(undefined)));
    const end = (): boolean => {
      cancel();
      forget?.();
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
    return { promise, end };
  }
}
