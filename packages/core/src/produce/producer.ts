import type { Written } from '../contract/sink.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent } from '../model/encoded.ts';
import { toMilliseconds } from '../time/units.ts';
import type { CloseOptions, SendReceipt, SendResult } from './options.ts';
import type { Writer } from './writer.ts';

type Encode<Input> = (input: Input) => EncodedEvent | Promise<EncodedEvent>;

/** What applications send with: encodes by the topic's schema, then leaves the rest to the {@link Writer}. */
export class TopicProducer<Input> {
  readonly #writer: Writer;
  readonly #encode: Encode<Input>;
  /** Set while a schema that answers later is at work: events behind it wait, else they would overtake it. */
  #encoding: Promise<unknown> | undefined;

  constructor(writer: Writer, encode: Encode<Input>) {
    this.#writer = writer;
    this.#encode = encode;
  }

  send(event: Input, options?: { readonly signal?: AbortSignal }): Promise<SendReceipt> {
    return new Promise((resolve, reject) => {
      this.#submit(event, options?.signal, (result) => {
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
    });
  }

  sendBatch(events: readonly Input[], options?: { readonly signal?: AbortSignal }): Promise<readonly SendResult[]> {
    return Promise.all(
      events.map(
        (event) =>
          new Promise<SendResult>((resolve) => {
            this.#submit(event, options?.signal, (result) => {
              resolve(result instanceof Error ? { ok: false, error: result } : { ok: true, ...result });
            });
          }),
      ),
    );
  }

  async flush(): Promise<void> {
    await this.#encoding;
    await this.#writer.flush();
  }

  resumeKey(key: string): void {
    this.#writer.resumeKey(key);
  }

  async close(options?: CloseOptions): Promise<void> {
    await this.#encoding;
    await this.#writer.close(toMilliseconds(options?.deadline ?? '30s', 'deadline'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #submit(event: Input, signal: AbortSignal | undefined, settle: (result: Written | StreamError) => void): void {
    let encoded: EncodedEvent | Promise<EncodedEvent>;
    try {
      encoded = this.#encode(event);
    } catch (thrown) {
      return settle(StreamError.from(thrown, 'producer').withOutcome('not-written'));
    }
    if (this.#encoding === undefined && !(encoded instanceof Promise))
      return this.#writer.write(encoded, settle, signal);
    const turn = Promise.all([encoded, this.#encoding]).then(
      ([ready]) => this.#writer.write(ready, settle, signal),
      (thrown: unknown) => settle(StreamError.from(thrown, 'producer').withOutcome('not-written')),
    );
    this.#encoding = turn;
    void turn.then(() => {
      if (this.#encoding === turn) this.#encoding = undefined;
    });
  }
}
