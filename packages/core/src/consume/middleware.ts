import { StreamError } from '../errors/stream-error.ts';
import type { RawEvent, StreamEvent } from '../model/event.ts';
import type { MiddlewareScope } from '../produce/middleware.ts';
import type { Handler, HandlerContext } from './options.ts';

/** Steps around each attempt of a handler, after the event is decoded. */
export interface HandleMiddleware<Event = StreamEvent | RawEvent> {
  /**
   * Calls `next`, which hands the event, or another one that it is given, to the handler. What `next` throws is what fails the attempt, also
   * where this catches it; what is thrown here fails the attempt, too. Without a call of `next` the event is settled unhandled,
   * which is how one that was handled before is left out. Its time counts towards `handlerTimeout`. A second call of `next`
   * has the result of the first.
   */
  handle?(
    event: Event,
    context: HandlerContext,
    next: (event?: Event) => Promise<void>,
    scope: MiddlewareScope,
  ): Promise<void> | void;
}

/** The handler within all of this middleware, the first outermost; the handler itself where none has a `handle`. */
export function withMiddleware<Event>(
  middleware: readonly HandleMiddleware<Event>[],
  scope: MiddlewareScope,
  handler: Handler<Event>,
): Handler<Event> {
  return middleware
    .filter((step) => step.handle !== undefined)
    .reduceRight<Handler<Event>>(
      (rest, step) => (event, context) => through(step, event, context, scope, rest),
      handler,
    );
}

/** One step. What answers with the very promise that it has from `next` is over with it, and costs no promise of its own. */
function through<Event>(
  step: HandleMiddleware<Event>,
  event: Event,
  context: HandlerContext,
  scope: MiddlewareScope,
  rest: Handler<Event>,
): Promise<void> {
  let inner: Promise<void> | undefined;
  let isReturned = false;
  let isOver = false;
  const next = (given: Event = event): Promise<void> => {
    if (isOver && inner === undefined) return Promise.reject(calledLate());
    if (inner === undefined) {
      inner = promised(() => rest(given, context));
      if (isReturned) inner.catch(ignored);
    }
    return inner;
  };
  const answer = promised(() => step.handle?.(event, context, next, scope));
  isReturned = true;
  const handled: Promise<void> | undefined = inner;
  if (handled !== undefined && answer === handled) return handled;
  handled?.catch(ignored);
  return (async (): Promise<void> => {
    let thrown: { readonly error: unknown } | undefined;
    try {
      await answer;
    } catch (error) {
      thrown = { error };
    }
    isOver = true;
    // First of all what became of the handler: nothing said around it makes a failed attempt a good one.
    await inner;
    if (thrown !== undefined) throw thrown.error;
  })();
}

const ignored = (): void => undefined;

/** The promise that a handler returns, as it is; a throw is the same as a rejection. */
function promised(call: () => unknown): Promise<void> {
  try {
    const result = call();
    if (result === undefined) return Promise.resolve();
    return isPromise(result) ? result : Promise.resolve(result).then(ignored);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What it resolves with is nobody's concern. */
function isPromise(value: unknown): value is Promise<void> {
  return value instanceof Promise;
}

function calledLate(): StreamError {
  return new StreamError('closed', 'next() was called after its middleware had ended. Call it before returning', {
    where: 'middleware',
  });
}
