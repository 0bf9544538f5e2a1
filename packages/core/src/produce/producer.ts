import type { Encoding } from '../codec/codec.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Clock } from '../time/clock.ts';
import { abortedBy } from '../time/wait.ts';
import { absentCalls } from '../options/absent.ts';
import { refused } from '../options/checks.ts';
import { toMilliseconds } from '../units/units.ts';
import { EncodingLine } from './encoding.ts';
import type { SendChain } from './middleware.ts';
import type { CloseOptions, SendOptions, SendReceipt, SendResult } from './options.ts';
import type { Answer } from './pending.ts';
import { resolveSendOptions, type SendSettings } from './settings.ts';
import { Passages } from './through-middleware.ts';
import { closed, closedTooEarly } from './writer-errors.ts';
import type { Writer } from './writer.ts';

type Encode<Input> = (input: Input) => Encoding;

const habits = [
  ['connect', 'a producer has no connect(): its client is connected. Leave the call out, and send'],
  ['disconnect', 'a producer has no disconnect(). Call close(), which sends what waits first'],
] as const;

/** What applications send with: encodes by the topic's schema, then leaves the rest to the {@link Writer}. */
export class TopicProducer<Input> {
  static {
    Object.defineProperties(this.prototype, absentCalls('producer', habits));
  }

  readonly #writer: Writer;
  readonly #encode: Encode<Input>;
  readonly #clock: Clock;
  readonly #onClosed: () => void;
  readonly #passages: Passages<Input> | undefined;
  readonly #encoding: EncodingLine;
  #closing: Promise<void> | undefined;
  #lastError: { readonly error: StreamError; readonly at: Date } | undefined;

  /** `onClosed` is called once it holds nothing any more. */
  constructor(
    writer: Writer,
    encode: Encode<Input>,
    clock: Clock,
    onClosed: () => void = () => undefined,
    chain?: SendChain<Input>,
  ) {
    this.#writer = writer;
    this.#encode = encode;
    this.#clock = clock;
    this.#onClosed = onClosed;
    const write: Writer['write'] = (event, answer, settings) => writer.write(event, answer, settings);
    this.#encoding = new EncodingLine(clock, write);
    if (chain !== undefined) this.#passages = new Passages({ chain, encode, line: this.#encoding, write, clock });
  }

  /** Events and bytes that it holds, and sends that wait for room. */
  get buffered(): Writer['buffered'] {
    return this.#writer.buffered;
  }

  /** Why a send failed last, and by the clock when; `undefined` where none has failed. */
  get lastError(): { readonly error: StreamError; readonly at: Date } | undefined {
    return this.#lastError;
  }

  send(event: Input, options?: SendOptions): Promise<SendReceipt> {
    return new Promise((resolve, reject) => {
      this.#submit(event, options, (result) => {
        if (result instanceof Error) reject(this.#failed(result));
        else resolve(result);
      });
    });
  }

  async sendBatch(events: readonly Input[], options?: SendOptions): Promise<readonly SendResult[]> {
    const given: unknown = events;
    if (!Array.isArray(given)) throw refused('events', given, 'an array of events', 'producer');
    return Promise.all(
      events.map(
        (event) =>
          new Promise<SendResult>((resolve) => {
            this.#submit(event, options, (result) => {
              resolve(result instanceof Error ? { ok: false, error: this.#failed(result) } : { ok: true, ...result });
            });
          }),
      ),
    );
  }

  async flush(): Promise<void> {
    await this.#encoding.flush();
    await this.#writer.flush();
  }

  resumeKey(key: string): void {
    this.#writer.resumeKey(key);
  }

  async close(options?: CloseOptions): Promise<void> {
    // A deadline that is refused closes nothing.
    const deadlineMs = toMilliseconds(options?.deadline ?? '30s', 'deadline');
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(deadlineMs: number): Promise<void> {
    const start = this.#clock.monotonic();
    // A schema that does not answer has no more time than everything else.
    const cancel = this.#clock.timer(deadlineMs, () => this.#encoding.fail(closedTooEarly()));
    await this.#encoding.flush();
    cancel();
    await this.#writer.close(Math.max(0, deadlineMs - (this.#clock.monotonic() - start)));
    this.#passages?.close();
    this.#onClosed();
  }

  #submit(event: Input, given: SendOptions | undefined, answer: Answer): void {
    let encoded: ReturnType<Encode<Input>>;
    let settings: SendSettings;
    try {
      if (this.#closing !== undefined) throw closed();
      settings = resolveSendOptions(given ?? {}, this.#writer.settings, this.#clock.monotonic());
      if (this.#passages !== undefined && settings.signal?.aborted !== true)
        return this.#passages.send(event, settings, answer);
      encoded = this.#encode(event);
    } catch (thrown) {
      return answer(StreamError.from(thrown, 'producer').withOutcome('not-written'));
    }
    const { signal } = settings;
    if (signal?.aborted === true) return answer(abortedBy(signal).withOutcome('not-written'));
    if (this.#encoding.isEmpty && !(encoded instanceof Promise) && typeof encoded !== 'function')
      return this.#writer.write(encoded, answer, settings);
    this.#encoding.add(encoded, answer, settings);
  }

  #failed(error: StreamError): StreamError {
    this.#lastError = { error, at: new Date(this.#clock.now()) };
    return error;
  }
}
