import { abortedBy, linkedSignal, StreamError, untilAborted } from '@isostream/core/adapter';
import { type AwaitableSender, type AwaitableSenderOptions, SenderEvents } from 'rhea-promise';
import { randomUUID } from 'node:crypto';
import { toStreamError } from '../errors.ts';
import type { Link } from './link.ts';

/** AMQP messages in one transfer, which the service stores together. */
const batchFormat = 0x80_01_37_00;

/** A reason of its own would cost a stack trace for each batch. */
const over: unknown = 'over';

export function writerOf(address: string, link: Link<AwaitableSender>): AwaitableSenderOptions {
  return {
    // Two producers of one adapter share a connection, and no name may be there twice.
    name: `${address}-${randomUUID()}`,
    target: { address },
    source: 'isostream',
    desired_capabilities: ['com.microsoft:georeplication'],
    onError: ({ sender }) => link.end(sender?.error),
    onClose: ({ sender }) => link.end(sender?.error),
    onSessionError: ({ session }) => link.end(session?.error),
    onSessionClose: ({ session }) => link.end(session?.error),
  };
}

/** Sends batches over one link, one after the other or together; each is answered for itself. */
export class Writer {
  readonly #link: Link<AwaitableSender>;
  readonly #what: string;
  readonly #timeoutMs: number;

  constructor(link: Link<AwaitableSender>, what: string, timeoutMs: number) {
    this.#link = link;
    this.#what = what;
    this.#timeoutMs = timeoutMs;
  }

  get isOver(): boolean {
    return this.#link.isOver;
  }

  /** The largest batch that the service takes here, in bytes. */
  get maxBytes(): number {
    return this.#link.native?.maxMessageSize ?? 0;
  }

  /** Resolves when the service has stored it. Rejects with a StreamError whose `outcome` says what is known. */
  async send(batch: Buffer, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    try {
      const sender = await this.#sendable(signal);
      // The timeout is here and not the layer's own, which would keep the process alive.
      const answer = sender.send(batch, {
        format: batchFormat,
        timeoutInSeconds: this.#timeoutMs / 500,
        abortSignal: done.signal,
      });
      await this.#within(answer, signal);
      this.#link.used();
    } finally {
      done.abort(over);
    }
  }

  close(): void {
    this.#link.close();
  }

  /** With credit to send. The service grants some when it opens the link, and little when it is busy. */
  async #sendable(signal: AbortSignal): Promise<AwaitableSender> {
    const sender = this.#link.native;
    if (sender === undefined) throw (await this.#link.ended).withOutcome('not-written');
    if (sender.sendable()) return sender;
    let granted: () => void = () => undefined;
    const credit = new Promise<void>((resolve) => (granted = resolve));
    sender.on(SenderEvents.sendable, granted);
    try {
      await this.#within(credit, signal);
      return sender;
    } catch (thrown) {
      const error = StreamError.from(thrown, 'event-hubs');
      if (error.code !== 'timeout') throw error.withOutcome('not-written');
      throw new StreamError('throttled', `${this.#what}: the service grants no credit to send`, {
        where: 'event-hubs',
        outcome: 'not-written',
      });
    } finally {
      sender.removeListener(SenderEvents.sendable, granted);
    }
  }

  /** Whatever comes first: the answer, the end of the link, the end of patience, or the caller's. */
  async #within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    const late = new AbortController();
    const { signal: either, unlink } = linkedSignal([signal, late.signal]);
    const timer = setTimeout(() => late.abort(over), this.#timeoutMs);
    const lost = this.#link.ended.then((error) => {
      // What was under way may be stored, unless the link ended over it.
      throw error.withOutcome(error.code === 'event-too-large' ? 'not-written' : 'unknown');
    });
    try {
      return await untilAborted(Promise.race([work, lost]), either);
    } catch (thrown) {
      if (signal.aborted) throw abortedBy(signal).withOutcome('unknown');
      if (late.signal.aborted)
        throw new StreamError('timeout', `${this.#what}: the service did not answer within ${this.#timeoutMs} ms`, {
          where: 'event-hubs',
          outcome: 'unknown',
        });
      const error = toStreamError(refusalIn(thrown), this.#what);
      if (error.code !== 'unauthenticated' && error.code !== 'unauthorized') throw error;
      // The claim may be gone: the link says whether it may be made again.
      this.#link.end(error);
      throw (await this.#link.ended).withOutcome(error.outcome ?? 'unknown');
    } finally {
      clearTimeout(timer);
      unlink();
    }
  }
}

/** What the service said of a batch that it did not take, out of what the layer says of it. */
function refusalIn(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null || StreamError.is(thrown)) return thrown;
  const inner: unknown = Reflect.get(thrown, 'innerError');
  return inner ?? thrown;
}
