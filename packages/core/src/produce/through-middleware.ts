import type { Encoding, PendingEvent } from '../codec/codec.ts';
import type { Written } from '../contract/sink.ts';
import { messageOf } from '../errors/message-of.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent } from '../model/encoded.ts';
import type { CancelTimer, Clock } from '../time/clock.ts';
import type { EncodingLine } from './encoding.ts';
import type { SendChain } from './middleware.ts';
import type { Answer } from './pending.ts';
import type { SendSettings } from './settings.ts';

type Encode<Input> = (input: Input) => Encoding;

interface Through<Input> {
  readonly chain: SendChain<Input>;
  readonly encode: Encode<Input>;
  readonly line: EncodingLine;
  readonly write: (event: EncodedEvent, answer: Answer, settings: SendSettings) => void;
  readonly clock: Clock;
}

/** How long a sender whose event has its result waits for a middleware to end, in milliseconds. */
const endMs = 1_000;

/**
 * Takes one event through the middleware to the writer. Its place in line is that of the call: a middleware that waits keeps
 * later events behind it. `answer` is told what became of the event once the middleware has ended, or a second later.
 */
export function sendThrough<Input>(parts: Through<Input>, event: Input, settings: SendSettings, answer: Answer): void {
  new Passage(parts, settings, answer).run(event);
}

/** One event on its way. */
class Passage<Input> {
  readonly #parts: Through<Input>;
  readonly #settings: SendSettings;
  readonly #answerSender: Answer;
  readonly #encoded: Deferred<EncodedEvent | PendingEvent> = deferred();
  readonly #sent: Deferred<Written> = deferred();
  #isPlaced = false;
  #hasEnded = false;
  #result: Written | StreamError | undefined;
  #cancel: CancelTimer | undefined;

  constructor(parts: Through<Input>, settings: SendSettings, answer: Answer) {
    this.#parts = parts;
    this.#settings = settings;
    this.#answerSender = answer;
  }

  run(event: Input): void {
    const { chain, line } = this.#parts;
    const done = chain(event, (changed) => this.#last(changed));
    if (!this.#isPlaced) {
      this.#isPlaced = true;
      line.add(this.#encoded.promise, this.#acknowledged, this.#settings);
    }
    done.then(
      () => this.#end(),
      (thrown: unknown) => {
        // Only an event that never reached its encoding still waits for this.
        this.#encoded.reject(middlewareFailed(thrown));
        this.#end();
      },
    );
  }

  #last(event: Input): Promise<Written> {
    const { encode, line, write } = this.#parts;
    const ready = encodedBy(encode, event);
    if (this.#isPlaced) this.#encoded.resolve(ready);
    else if (line.isEmpty && !(ready instanceof Promise) && typeof ready !== 'function')
      write(ready, this.#acknowledged, this.#settings);
    else line.add(ready, this.#acknowledged, this.#settings);
    this.#isPlaced = true;
    return this.#sent.promise;
  }

  readonly #acknowledged: Answer = (result) => {
    this.#result = result;
    if (result instanceof Error) this.#sent.reject(result);
    else this.#sent.resolve(result);
    // Whoever took the event back waits for nobody.
    if (this.#hasEnded || this.#settings.signal?.aborted === true) this.#answer(result);
    else this.#cancel = this.#parts.clock.timer(endMs, () => this.#answer(result));
  };

  #end(): void {
    this.#hasEnded = true;
    if (this.#result !== undefined) this.#answer(this.#result);
  }

  #answer(result: Written | StreamError): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#result = undefined;
    this.#answerSender(result);
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | Promise<T>) => void;
  readonly reject: (error: StreamError) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => undefined;
  let reject: Deferred<T>['reject'] = () => undefined;
  const promise = new Promise<T>((ok, failed) => {
    resolve = ok;
    reject = failed;
  });
  // Whoever waits has its answer; nobody may be waiting.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

/** A promise that is rejected instead of a throw: what fails has its place in line as well. */
function encodedBy<Input>(encode: Encode<Input>, event: Input): ReturnType<Encode<Input>> {
  try {
    return encode(event);
  } catch (thrown) {
    return Promise.reject(StreamError.from(thrown, 'producer'));
  }
}

function middlewareFailed(thrown: unknown): StreamError {
  if (StreamError.is(thrown)) return thrown.withOutcome('not-written');
  return new StreamError('handler-failed', `a middleware threw: ${messageOf(thrown)}`, {
    where: 'producer',
    outcome: 'not-written',
    cause: thrown,
  });
}
