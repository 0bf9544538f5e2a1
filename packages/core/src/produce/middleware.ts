import type { Capabilities } from '../contract/capabilities.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { EventInput, RawInput } from '../model/event.ts';
import { reportOnce } from '../observe/report-once.ts';
import { refused } from '../options/checks.ts';
import type { SendReceipt } from './options.ts';

/** Where a middleware is called. */
export interface MiddlewareScope {
  readonly topic: string;
  /** The name of the adapter. */
  readonly provider: string;
  readonly capabilities: Capabilities;
}

/** Steps around each `send`, before the event is encoded. */
export interface SendMiddleware<Input = EventInput | RawInput> {
  /**
   * Calls `next`, which sends the event, or another one that it is given, and resolves once that is stored. The sender's answer
   * is what `next` answers: a middleware can fail an event only by throwing before it calls `next`. Events of one key keep the order in
   * which `send` was called, however long it takes. A second call of `next` has the answer of the first.
   */
  send?(
    event: Input,
    next: (event?: Input) => Promise<SendReceipt>,
    scope: MiddlewareScope,
  ): Promise<SendReceipt> | SendReceipt;
}

type Last<Input> = (event: Input) => Promise<SendReceipt>;

/** Sends one event through all of a producer's middleware, the first outermost; `last` is called at most once. */
export type SendChain<Input> = (event: Input, last: Last<Input>) => Promise<SendReceipt>;

/** The chain, or `undefined` where nothing has a `send`. */
export function sendChain<Input>(
  middleware: readonly SendMiddleware<Input>[],
  scope: MiddlewareScope,
): SendChain<Input> | undefined {
  const steps = middleware.filter((step) => step.send !== undefined);
  if (steps.length === 0) return undefined;
  const from = (index: number, event: Input, last: Last<Input>): Promise<SendReceipt> => {
    const step = steps[index];
    return step === undefined ? last(event) : through(step, event, scope, (given) => from(index + 1, given, last));
  };
  return (event, last) => from(0, event, last);
}

/** One step. What answers with the very promise that it has from `next` is over with it, and costs no promise of its own. */
function through<Input>(
  step: SendMiddleware<Input>,
  event: Input,
  scope: MiddlewareScope,
  rest: Last<Input>,
): Promise<SendReceipt> {
  let inner: Promise<SendReceipt> | undefined;
  let isReturned = false;
  let isOver = false;
  const next = (given: Input = event): Promise<SendReceipt> => {
    if (isOver && inner === undefined) return Promise.reject(calledLate());
    if (inner === undefined) {
      inner = rest(given);
      if (isReturned) inner.catch(ignored);
    }
    return inner;
  };
  const answer = attempted(step, event, next, scope);
  isReturned = true;
  const sent: Promise<SendReceipt> | undefined = inner;
  if (sent !== undefined && answer === sent) return sent;
  // Whoever does not wait for it has its answer from the chain.
  sent?.catch(ignored);
  return (async (): Promise<SendReceipt> => {
    let thrown: { readonly error: unknown } | undefined;
    try {
      await answer;
    } catch (error) {
      thrown = { error };
    }
    isOver = true;
    const last: Promise<SendReceipt> | undefined = inner;
    if (last === undefined) throw thrown === undefined ? neverCalled() : thrown.error;
    const receipt = await last;
    if (thrown !== undefined)
      reportOnce(step, `a middleware of the producer of topic "${scope.topic}" threw after next()`, thrown.error);
    return receipt;
  })();
}

const ignored = (): void => undefined;

/** A throw is the same as a rejection. */
function attempted<Input>(
  step: SendMiddleware<Input>,
  event: Input,
  next: (event?: Input) => Promise<SendReceipt>,
  scope: MiddlewareScope,
): Promise<SendReceipt> | SendReceipt | undefined {
  try {
    return step.send?.(event, next, scope);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The steps, checked: throws `invalid-config` for anything but an array of objects with these functions. */
export function checkMiddleware(middleware: unknown, names: readonly string[], where: string): void {
  if (middleware === undefined) return;
  const isStep = (step: unknown): boolean =>
    typeof step === 'object' &&
    step !== null &&
    names.every((name) => ['undefined', 'function'].includes(typeof Reflect.get(step, name)));
  if (!Array.isArray(middleware) || !middleware.every(isStep))
    throw refused('middleware', middleware, `an array of objects with functions ${names.join(' and ')}`, where);
}

/** As checked: a client's middleware is called with the events of every topic. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a guard of what only the caller knows
export function isFor<Step>(_step: unknown): _step is Step {
  return true;
}

function neverCalled(): StreamError {
  return new StreamError(
    'invalid-event',
    'a middleware returned without calling next(), so nothing was sent. Call next(), or throw to say why not',
    { where: 'producer', outcome: 'not-written' },
  );
}

function calledLate(): StreamError {
  return new StreamError('closed', 'next() was called after its middleware had ended. Call it before returning', {
    where: 'middleware',
  });
}
