import type { Channel, ChannelListener } from 'node:diagnostics_channel';
import { reportOnce } from './report-once.ts';

const isGuarded = Symbol.for('isostream.guardedChannel');

/**
 * The channel, whose subscribers can do no harm: Node makes an uncaught exception of what a subscriber throws, which ends a
 * process. Here it is reported once per subscriber. Holds for whoever subscribes after this was called.
 */
export function guarded(target: Channel): Channel {
  if (isGuarded in target) return target;
  const guards = new WeakMap<ChannelListener, ChannelListener>();
  const ours = new WeakSet<ChannelListener>();
  // A channel changes its prototype with its first and its last subscriber, and calls itself then.
  const inherited = (method: 'subscribe' | 'unsubscribe', listener: ChannelListener): boolean => {
    const prototype: unknown = Object.getPrototypeOf(target);
    const own: unknown = typeof prototype === 'object' && prototype !== null && Reflect.get(prototype, method);
    return typeof own === 'function' && Reflect.apply(own, target, [listener]) === true;
  };
  const subscribe = (listener: ChannelListener): void => {
    if (typeof listener !== 'function' || ours.has(listener)) {
      inherited('subscribe', listener);
      return;
    }
    const guard = guards.get(listener) ?? harmless(listener);
    guards.set(listener, guard);
    ours.add(guard);
    inherited('subscribe', guard);
  };
  const unsubscribe = (listener: ChannelListener): boolean =>
    inherited('unsubscribe', typeof listener === 'function' ? (guards.get(listener) ?? listener) : listener);
  Object.defineProperties(target, {
    subscribe: { value: subscribe },
    unsubscribe: { value: unsubscribe },
    [isGuarded]: { value: true },
  });
  return target;
}

function harmless(listener: ChannelListener): ChannelListener {
  const failed = (name: string | symbol, thrown: unknown): void =>
    reportOnce(listener, `a subscriber of the channel ${String(name)} threw`, thrown);
  // Declared to return nothing, which an async function does not keep to.
  const call: (...given: [unknown, string | symbol]) => unknown = listener;
  return (message, name) => {
    try {
      const result = call(message, name);
      if (result instanceof Promise) result.catch((thrown: unknown) => failed(name, thrown));
    } catch (thrown) {
      failed(name, thrown);
    }
  };
}
