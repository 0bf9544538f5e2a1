import type { HandlerContext } from '../../src/consume/options.ts';

/** What a handler is told of an event, and the abort of its signal. */
export function handlerContext(position = '0'): HandlerContext & { abort(reason: Error): void } {
  const controller = new AbortController();
  return {
    topic: 'orders',
    group: 'billing',
    partition: 'p0',
    position,
    attempt: 1,
    signal: controller.signal,
    fencingToken: undefined,
    native: undefined,
    abort: (reason) => controller.abort(reason),
  };
}
