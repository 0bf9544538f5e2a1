import { StreamError } from '../errors/stream-error.ts';
import { refused } from '../options/checks.ts';
import type { Handler } from './options.ts';

/** One handler of a map of handlers, in which each declared type has its own. Throws `invalid-config` that names what is wrong. */
export function byType<Event>(handlers: unknown, types: readonly string[] | undefined, where: string): Handler<Event> {
  if (typeof handlers !== 'object' || handlers === null)
    throw refused(
      'handler',
      handlers,
      `a function${types === undefined ? '' : ', or an object with a function for each event type'}`,
      where,
    );
  const invalid = (message: string): StreamError => new StreamError('invalid-config', message, { where });
  if (types === undefined) throw invalid('a raw topic has no event types. Give one handler instead of a map');
  const given = new Map<string, unknown>(Object.entries(handlers));
  const unknown = [...given.keys()].find((name) => !types.includes(name));
  if (unknown !== undefined)
    throw invalid(
      `a handler for ${JSON.stringify(unknown)}, which the topic does not declare. Its types are ${types.join(', ')}`,
    );
  const table = new Map<string, Handler<Event>>();
  for (const type of types) {
    const handler = given.get(type);
    if (!isHandler<Event>(handler))
      throw invalid(`no handler for ${JSON.stringify(type)}. Give one, or skip to leave these events out`);
    table.set(type, handler);
  }
  return (event, context) => {
    const type = typeof event === 'object' && event !== null && 'type' in event ? event.type : undefined;
    return table.get(String(type))?.(event, context);
  };
}

export function isHandler<Event>(value: unknown): value is Handler<Event> {
  return typeof value === 'function';
}
