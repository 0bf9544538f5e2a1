import { pause, type StoredEvent, StreamError, systemClock, Warnings } from '@isostream/core/adapter';
import type { Receiver } from 'rhea-promise';
import { readMessage } from '../amqp/message.ts';
import { toStreamError } from '../errors.ts';
import { annotationsOf, fromMessage } from '../message.ts';
import type { Link } from '../client/link.ts';
import type { ReadOptions, Wire } from '../client/wire.ts';
import { after } from '../position.ts';

/** What lies ready, in stored order: events, and the places where numbers do not follow each other. */
export type Ready =
  | { readonly kind: 'event'; readonly event: StoredEvent; readonly sequenceNumber: number; readonly offset: string }
  | { readonly kind: 'jump'; readonly from: number; readonly to: number };

export interface FeedOptions extends Pick<
  ReadOptions,
  'hub' | 'consumerGroup' | 'partition' | 'ownerLevel' | 'reader'
> {
  readonly wire: Wire;
  /** Where it begins, in the service's words. */
  readonly filter: string;
  /** The sequence number that comes first, where that is known. */
  readonly expected: number | undefined;
  readonly prefetchEvents: number;
  readonly prefetchBytes: number;
  /** A reader with a higher owner level took the partition. Settles when it may be tried again. */
  readonly stolen: (error: StreamError) => Promise<void>;
  /** The service does not know the offset. Resolves with where to go on. */
  readonly unknownOffset: (expected: number | undefined) => Promise<{
    readonly filter: string;
    readonly expected: number | undefined;
  }>;
}

/** Until sizes are known: few enough to bear if they are large. */
const presumedBytes = 32_768;
const firstWaitMs = 50;
const longestWaitMs = 2_000;

/**
 * Reads one partition ahead, from a place on, for as long as it is open: opens a link again whenever it is lost, behind the
 * last event that came. What lies ready is bounded, because the service sends only as many as it was given credit for, and
 * that counts what lies ready.
 */
export class Feed {
  readonly #options: FeedOptions;
  readonly #closed = new AbortController();
  readonly #warnings = new Warnings('event-hubs');
  readonly #ready: Ready[] = [];
  #taken = 0;
  #filter: string;
  #expected: number | undefined;
  #attempt = 0;
  #link: Link<Receiver> | undefined;
  /** Granted on the present link, and not used. */
  #credit = 0;
  #eventBytes = presumedBytes;
  #failures = 0;
  #failure: StreamError | undefined;
  #wake: (() => void) | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#filter = options.filter;
    this.#expected = options.expected;
    void this.#run();
  }

  /** The number that is to come next, where that is known. */
  get expected(): number | undefined {
    return this.#expected;
  }

  /** What comes next. Throws errors that need operator action. */
  peek(): Ready | undefined {
    const ready = this.#ready[this.#taken];
    if (ready === undefined && this.#failure !== undefined) throw this.#failure;
    return ready;
  }

  shift(): void {
    this.#taken++;
    // By halves: what was taken is let go of also where there is always more.
    if (this.#taken * 2 < this.#ready.length) return;
    this.#ready.splice(0, this.#taken);
    this.#taken = 0;
  }

  /** Lets the service send what there is room for; called when something was taken. */
  topUp(): void {
    const lying = this.#ready.length - this.#taken;
    const { prefetchBytes, prefetchEvents } = this.#options;
    const window = Math.max(1, Math.min(prefetchEvents, Math.floor(prefetchBytes / this.#eventBytes)));
    const missing = window - lying - this.#credit;
    // By halves: a frame for each event would cost more than the events.
    if (this.#link === undefined || missing < Math.max(1, window / 2)) return;
    this.#credit += missing;
    this.#link.native?.addCredit(missing);
  }

  /** Resolves when something lies ready, after `ms`, or when the signal is aborted. */
  changed(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const cancel = systemClock.timer(ms, done);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
      if (signal.aborted) done();
    });
  }

  close(): void {
    this.#closed.abort();
    this.#link?.close();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted && this.#failure === undefined) {
      const error = await this.#readUntilLost().catch((thrown: unknown) => toStreamError(thrown, 'the reader'));
      if (signal.aborted) return;
      await this.#recover(error).catch((thrown: unknown) => {
        const failure = StreamError.from(thrown, 'event-hubs');
        // What passes is met again at the next attempt.
        if (!failure.retryable) this.#fail(failure);
      });
    }
  }

  async #readUntilLost(): Promise<StreamError> {
    const { wire, hub, consumerGroup, partition, ownerLevel, reader } = this.#options;
    const { signal } = this.#closed;
    const attempt = ++this.#attempt;
    const onMessage = (message: Buffer | undefined): void => {
      // What an earlier link still brings was asked for again on the present one.
      if (attempt !== this.#attempt) return;
      try {
        this.#received(message);
      } catch (thrown) {
        // Out of here it would end the process. What the service sends as no event is asked for again.
        this.#link?.end(toStreamError(thrown, 'the reader'));
      }
    };
    const link = await wire.read(
      { hub, consumerGroup, partition, ownerLevel, reader, filter: this.#filter, onMessage },
      signal,
    );
    this.#link = link;
    this.#credit = 0;
    this.topUp();
    const reason = await link.ended;
    this.#link = undefined;
    return reason;
  }

  async #recover(error: StreamError): Promise<void> {
    const { hub, partition, stolen, unknownOffset } = this.#options;
    this.#failures++;
    if (error.code === 'lease-lost') await stolen(error);
    else if (error.code === 'position-expired') {
      const { filter, expected } = await unknownOffset(this.#expected);
      this.#filter = filter;
      if (expected !== this.#expected && this.#expected !== undefined && expected !== undefined)
        this.#push({ kind: 'jump', from: this.#expected, to: expected });
      this.#expected = expected;
    } else if (!error.retryable) {
      this.#fail(error);
      return;
    } else if (this.#failures > 1)
      this.#warnings.tell(`the reader of topic "${hub}", partition ${partition} was lost. It is opened again`, error);
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(this.#failures - 1, 10));
    await pause(waitMs, this.#closed.signal);
  }

  #received(bytes: Buffer | undefined): void {
    if (this.#closed.signal.aborted) return;
    this.#credit--;
    if (bytes === undefined) {
      this.topUp();
      return;
    }
    const message = readMessage(bytes);
    const annotations = annotationsOf(message);
    this.#failures = 0;
    const { sequenceNumber, offset } = annotations;
    const event = fromMessage(bytes, message, annotations, this.#options.partition);
    if (this.#expected !== undefined && sequenceNumber !== this.#expected)
      this.#push({ kind: 'jump', from: this.#expected, to: sequenceNumber });
    this.#push({ kind: 'event', event, sequenceNumber, offset });
    this.#expected = sequenceNumber + 1;
    this.#filter = after({ offset });
    this.#eventBytes =
      this.#eventBytes === presumedBytes ? sizeOf(event) : this.#eventBytes * 0.9 + sizeOf(event) * 0.1;
    if (this.#ready.length === this.#taken + 1) this.topUp();
  }

  #push(ready: Ready): void {
    this.#ready.push(ready);
    this.#wake?.();
  }

  #fail(error: StreamError): void {
    this.#failure = error;
    this.#wake?.();
  }
}

/** With what surrounds it. */
function sizeOf({ value, headers }: StoredEvent): number {
  return (value?.byteLength ?? 0) + 100 + headers.length * 50;
}
