import { type StreamError, abortedBy, untilAborted } from '@isostream/core/adapter';
import type { Message, Receiver } from 'rhea-promise';
import { toStreamError } from '../errors.ts';

export interface LinkOptions {
  /** For messages: `topic "orders", partition 3`. */
  readonly what: string;
  readonly address: string;
  readonly audience: string;
  /** Where it starts, in the service's own words. */
  readonly filter: string;
  /** Throws every reader with a lower one out of the partition; `undefined` shares it. */
  readonly ownerLevel: number | undefined;
  /** How the service names this reader. */
  readonly reader: string;
  readonly onMessage: (message: Message) => void;
}

/** One reader of one partition. */
export class Link {
  /** Resolves once, with the reason. */
  readonly ended: Promise<StreamError>;
  #receiver: Receiver | undefined;
  #isOver = false;
  #resolve: (error: StreamError) => void = () => undefined;

  constructor(connectionEnded: AbortSignal) {
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
    const end = (): void => this.end(abortedBy(connectionEnded));
    connectionEnded.addEventListener('abort', end, { once: true });
    void this.ended.then(() => connectionEnded.removeEventListener('abort', end));
    if (connectionEnded.aborted) end();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  opened(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#isOver) this.#goodbye();
  }

  /** Lets the service send so many more. */
  addCredit(credit: number): void {
    if (!this.#isOver) this.#receiver?.addCredit(credit);
  }

  end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#resolve(toStreamError(error ?? { name: 'MessagingError', message: 'the link was closed' }, 'the reader'));
    this.#goodbye();
  }

  close(): void {
    this.end(undefined);
  }

  #goodbye(): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    // Also its session, which is its own. On a connection that is gone there is nobody to answer.
    const closed = receiver.close().catch(() => undefined);
    void untilAborted(closed, AbortSignal.timeout(1_000)).catch(() => receiver.remove());
  }
}
