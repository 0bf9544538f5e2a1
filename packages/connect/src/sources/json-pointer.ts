import { ConfigError } from '../config/definition.ts';
import { isList, isMap, type Value } from '../data/values.ts';

/** Where something is inside of JSON, as RFC 6901 has it: `/data/items`; the empty text for all of it. */
export type JsonPointer = (value: Value) => Value | undefined;

/** Throws {@link ConfigError} that names the property. */
export function jsonPointer(text: string, property: string): JsonPointer {
  if (text !== '' && !text.startsWith('/'))
    throw new ConfigError(`${property} is ${JSON.stringify(text)}. Begin with /, as in /data/items`);
  const names = text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return (value) => {
    let at: Value | undefined = value;
    for (const name of names) {
      if (at === undefined) return undefined;
      if (isMap(at)) at = at.get(name);
      else if (isList(at)) at = /^\d+$/.test(name) ? at[Number(name)] : undefined;
      else return undefined;
    }
    return at;
  };
}
