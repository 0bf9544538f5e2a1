import { ConfigError } from '../../config/definition.ts';
import { DataError, isMap, Struct, type Value } from '../../data/values.ts';
import type { SinkRecord } from '../sink.ts';

/** Where one part of an item's key comes from. */
export interface KeySource {
  /** The attribute. */
  readonly name: string;
  readonly from: 'partition' | 'offset' | 'key' | 'value';
  readonly path: readonly string[];
}

/** `partition`, `offset`, `key`, `key.path`, `value.path`, each with `:alias`. Throws {@link ConfigError}. */
export function keySourceOf(property: string, text: string): KeySource {
  const [, from = '', rest = '', alias] =
    /^(partition|offset|key|value)((?:\.[^.:]+)*)(?::(.+))?$/.exec(text.trim()) ?? [];
  const path = rest === '' ? [] : rest.slice(1).split('.');
  const source = (['partition', 'offset', 'key', 'value'] as const).find((one) => one === from);
  const isPlace = source === 'partition' || source === 'offset';
  if (source === undefined || (isPlace && path.length > 0) || (source === 'value' && path.length === 0))
    throw new ConfigError(
      `${property} is ${JSON.stringify(text)}. Use partition, offset, key, key.field or value.field, with :name for the attribute`,
    );
  return { name: alias ?? path.at(-1) ?? source, from: source, path };
}

/** A part of the key. Throws {@link DataError} where the record has none. */
export function keyPart({ from, path, name }: KeySource, record: SinkRecord): Value {
  if (from === 'partition') return number(record.origin.partition);
  if (from === 'offset') return number(record.origin.position);
  let found: Value | undefined = record[from].value;
  for (const field of path)
    found =
      found instanceof Struct
        ? found.values.get(field)
        : found !== undefined && isMap(found)
          ? found.get(field)
          : undefined;
  if (found === undefined || found === null || found === '')
    throw new DataError(`${[from, ...path].join('.')} is missing or empty, and ${name} is part of the item’s key`);
  return found;
}

/** Partitions and positions are numbers where the provider's are, and text elsewhere. */
function number(text: string): Value {
  return /^\d{1,18}$/.test(text) ? BigInt(text) : text;
}
