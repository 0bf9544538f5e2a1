import { abortedBy, onAbort, settledWithin, type StreamError } from '@isostream/core/adapter';
import type { AwaitableSender, Receiver } from 'rhea-promise';
import { toStreamError } from '../errors.ts';
import type { Standing } from './refusals.ts';

/** One end of one link, from its opening to its end; it is never opened again. */
export class Link<Native extends Receiver | AwaitableSender> {
  /** Resolves once, with the reason. */
  readonly ended: Promise<StreamError>;
  #native: Native | undefined;
  #isOver = false;
  readonly #connectionEnded: AbortSignal;
  readonly #standing: Standing;
  #resolve: (error: StreamError) => void = () => undefined;

  constructor(connectionEnded: AbortSignal, standing: Standing) {
    this.#connectionEnded = connectionEnded;
    this.#standing = standing;
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
    const end = (): void => this.end(abortedBy(connectionEnded));
    const forget = onAbort(connectionEnded, end);
    void this.ended.then(forget);
    if (connectionEnded.aborted) end();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** `undefined` before it is open and once it is over. */
  get native(): Native | undefined {
    return this.#isOver ? undefined : this.#native;
  }

  opened(native: Native): void {
    this.#native = native;
    if (this.#isOver) this.#goodbye();
  }

  /** Something went over it. */
  used(): void {
    this.#standing.used();
  }

  end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const reason = toStreamError(error ?? { name: 'MessagingError', message: 'the link was closed' }, 'the link');
    this.#resolve(this.#native === undefined ? reason : this.#standing.judge(reason));
    this.#goodbye();
  }

  close(): void {
    this.end(undefined);
  }

  #goodbye(): void {
    const native = this.#native;
    if (native === undefined) return;
    // On a connection that is gone there is nobody to answer.
    if (this.#connectionEnded.aborted) {
      native.remove();
      return;
    }
    // Also its session, which is its own.
    void settledWithin(native.close(), 1_000, this.#connectionEnded).then((isSettled) => isSettled || native.remove());
  }
}
