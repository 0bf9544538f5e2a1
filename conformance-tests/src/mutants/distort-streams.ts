import type { Consumer, ConsumerOptions, Handler, HandlerContext, Streams } from '@isostream/core';

type AnyHandler = Handler<unknown>;

/** What is wrong with a client's consumers. */
export interface ConsumerChanges {
  readonly options?: (options: ConsumerOptions) => ConsumerOptions;
  readonly handler?: (handler: AnyHandler, isClosing: () => boolean) => AnyHandler;
}

/** The client itself, but for its consumers. */
export function withConsumers(
  streams: Streams,
  { options: changeOptions, handler: changeHandler }: ConsumerChanges,
): Streams {
  return new Proxy(streams, {
    get(target, property): unknown {
      const value: unknown = Reflect.get(target, property);
      if (property !== 'consumer' || typeof value !== 'function')
        return typeof value === 'function' ? value.bind(target) : value;
      return (topic: Parameters<Streams['consumer']>[0], options: ConsumerOptions) =>
        distorted(target.consumer(topic, changeOptions?.(options) ?? options), changeHandler);
    },
  });
}

function distorted(consumer: Consumer<unknown>, change: ConsumerChanges['handler']): Consumer<unknown> {
  if (change === undefined) return consumer;
  let closing = false;
  return new Proxy(consumer, {
    get(target, property): unknown {
      const value: unknown = Reflect.get(target, property, target);
      if (property === 'run') return (handler: AnyHandler) => target.run(change(handler, () => closing));
      if (property === 'close') {
        return (closeOptions: Parameters<Consumer<unknown>['close']>[0]) => {
          closing = true;
          return target.close(closeOptions);
        };
      }
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The context itself, but for the attempt. */
export function withAttempt(context: HandlerContext, attempt: number): HandlerContext {
  return new Proxy(context, {
    get: (target, property): unknown => (property === 'attempt' ? attempt : Reflect.get(target, property, target)),
  });
}
