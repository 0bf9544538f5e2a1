import type { Encoding, PendingEvent } from '../codec/codec.ts';
import type { Written } from '../contract/sink.ts';
import { messageOf } from '../errors/message-of.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent } from '../model/encoded.ts';
import { Alarm } from '../time/alarm.ts';
import type { Clock } from '../time/clock.ts';
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

/** Events that pass through a producer's middleware. */
export class Passages<Input> {
  readonly #parts: Through<Input>;
  /** What has its result and a middleware that has not ended, with until when its sender waits for that. */
  readonly #ending = new Map<Passage<Input>, number>();
  readonly #alarm: Alarm;

  constructor(parts: Through<Input>) {
    this.#parts = parts;
    this.#alarm = new Alarm(parts.clock, (now) => this.#due(now));
  }

  /**
   * Takes one event through the middleware to the writer. Its place in line is that of the call: a middleware that waits keeps
   * later events behind it. `answer` is told what became of the event once the middleware has ended, or a second later.
   */
  send(event: Input, settings: SendSettings, answer: Answer): void {
    new Passage(this.#parts, this, settings, answer).run(event);
  }

  /** Its sender waits from now on for the end of a middleware only, and not longer than for the event. */
  waits(passage: Passage<Input>, deadline: number): void {
    const now = this.#parts.clock.monotonic();
    const until = Math.min(now + endMs, deadline);
    if (until <= now) return passage.end();
    this.#ending.set(passage, until);
    this.#alarm.set(until);
  }

  ended(passage: Passage<Input>): void {
    this.#ending.delete(passage);
  }

  /** Nothing is sent any more: no timer is left where nobody waits. */
  close(): void {
    if (this.#ending.size === 0) this.#alarm.stop();
  }

  #due(now: number): void {
    for (const [passage, until] of this.#ending)
      if (until <= now) passage.end();
      else this.#alarm.set(until);
  }
}

/** One event on its way. */
class Passage<Input> {
  readonly #parts: Through<Input>;
  readonly #passages: Passages<Input>;
  readonly #settings: SendSettings;
  readonly #answerSender: Answer;
  readonly #sent: Deferred<Written> = deferred();
  /** What it is to be written as, where the line waits for a middleware to say it. */
  #encoded: Deferred<EncodedEvent | PendingEvent> | undefined;
  #isPlaced = false;
  /** The first middleware has returned, though not what it promised. */
  #isCalled = false;
  #hasEnded = false;
  #result: Written | StreamError | undefined;

  constructor(parts: Through<Input>, passages: Passages<Input>, settings: SendSettings, answer: Answer) {
    this.#parts = parts;
    this.#passages = passages;
    this.#settings = settings;
    this.#answerSender = answer;
  }

  run(event: Input): void {
    const { chain, line } = this.#parts;
    const done = chain(event, (changed) => this.#last(changed));
    this.#isCalled = true;
    // All of it has ended when the event has its answer: there is nothing to wait for.
    if (done === this.#sent.promise) return this.end();
    if (!this.#isPlaced) {
      this.#isPlaced = true;
      this.#encoded = deferred();
      line.add(this.#encoded.promise, this.#acknowledged, this.#settings);
    }
    if (this.#result !== undefined) this.#wait(this.#result);
    done.then(
      () => this.end(),
      (thrown: unknown) => {
        // Only an event that never reached its encoding still waits for this.
        this.#encoded?.reject(middlewareFailed(thrown));
        this.end();
      },
    );
  }

  /** The middleware has ended, or is not waited for any more. */
  end(): void {
    this.#hasEnded = true;
    if (this.#result !== undefined) this.#answer(this.#result);
  }

  #last(event: Input): Promise<Written> {
    const { encode, line, write } = this.#parts;
    const ready = encodedBy(encode, event);
    if (this.#encoded !== undefined) this.#encoded.resolve(ready);
    else if (line.isEmpty && !(ready instanceof Promise) && typeof ready !== 'function')
      write(ready, this.#acknowledged, this.#settings);
    else line.add(ready, this.#acknowledged, this.#settings);
    this.#isPlaced = true;
    return this.#sent.promise;
  }

  readonly #acknowledged: Answer = (result) => {
    if (result instanceof Error) this.#sent.reject(result);
    else this.#sent.resolve(result);
    this.#result = result;
    if (this.#hasEnded) this.#answer(result);
    else if (this.#isCalled) this.#wait(result);
  };

  #wait(result: Written | StreamError): void {
    // Whoever took the event back waits for nobody.
    if (this.#settings.signal?.aborted === true) this.#answer(result);
    else this.#passages.waits(this, this.#settings.sentAt + this.#settings.timeoutMs);
  }

  #answer(result: Written | StreamError): void {
    this.#passages.ended(this);
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
  return {
    promise,
    resolve,
    reject(error) {
      // Whoever waits has its answer; nobody may be waiting.
      promise.catch(() => undefined);
      reject(error);
    },
  };
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
