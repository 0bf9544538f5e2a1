import { StreamError } from '../errors/stream-error.ts';
import type { Streams } from './types.ts';

/** Everything that a program may ask a client for first. */
const members: Readonly<Record<keyof Streams, true>> = {
  adapter: true,
  admin: true,
  producer: true,
  consumer: true,
  replay: true,
  redrive: true,
  discard: true,
  deadLetters: true,
  health: true,
  close: true,
  // `await using streams = connect(…)` asks for this alone.
  [Symbol.asyncDispose]: true,
};

/** The promise of a client as `call` returns it: asked for what only the client has, it says that the `await` is missing. */
export function unawaited(promise: Promise<Streams>, call: string): Promise<Streams> {
  const asked = Reflect.ownKeys(members).map((name) => {
    const message = `${call}() returns a promise, which has no ${String(name)}. Write: const streams = await ${call}(…)`;
    const get = (): never => {
      throw new StreamError('invalid-config', message, { where: call });
    };
    return [name, { get }] as const;
  });
  return Object.defineProperties(promise, Object.fromEntries(asked));
}
