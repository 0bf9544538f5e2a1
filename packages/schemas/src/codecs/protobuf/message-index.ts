import { type MessageIndexing, undecodable } from '../../registries/registry.ts';
import { nameAt, type NamedMessage, pathOf, sortedNames } from './file-messages.ts';

/** The bytes that say which message of a file this is; `undefined` where the file does not have it. */
export function indexOf(
  messages: readonly NamedMessage[],
  name: string,
  indexing: MessageIndexing,
): Uint8Array | undefined {
  if (indexing === 'number') {
    const number = sortedNames(messages).indexOf(name);
    return number < 0 ? undefined : Uint8Array.from(varint(number));
  }
  const path = pathOf(messages, name);
  return path === undefined ? undefined : indexBytes(path);
}

/** Which message the bytes name, `undefined` where the file has none there, and how many of them say so. */
export function namedIn(
  bytes: Uint8Array,
  messages: readonly NamedMessage[],
  indexing: MessageIndexing,
): { readonly name: string | undefined; readonly said: string; readonly length: number } {
  if (indexing === 'number') {
    const { number, length } = readNumber(bytes);
    return { name: sortedNames(messages)[number], said: String(number), length };
  }
  const { path, length } = readIndex(bytes);
  return { name: nameAt(messages, path), said: path.join('.'), length };
}

function varint(number: number): number[] {
  const bytes: number[] = [];
  let rest = number;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

/** AWS's clients write one number, without a sign. */
function readNumber(bytes: Uint8Array): { readonly number: number; readonly length: number } {
  let number = 0;
  for (let length = 0; length < 5; length++) {
    const byte = bytes[length];
    if (byte === undefined) break;
    number += (byte % 128) * 128 ** length;
    if (byte < 128) return { number, length: length + 1 };
  }
  throw undecodable('does not say which message of its schema it is');
}

/**
 * Which message of a file a payload is: its place among the messages there, then among those nested in it. How Confluent's clients
 * write it: the count and each number as zigzag varints; the first message of a file is one zero byte.
 */
export function indexBytes(path: readonly number[]): Uint8Array {
  if (path.length === 1 && path[0] === 0) return Uint8Array.of(0);
  return Uint8Array.from([path.length, ...path].flatMap((number) => varint(number * 2)));
}

/** The path that stands at the start of the bytes, and how long it is. Throws `undecodable` for what is none. */
export function readIndex(bytes: Uint8Array): { readonly path: readonly number[]; readonly length: number } {
  let offset = 0;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 35; factor *= 128) {
      const byte = bytes[offset++];
      if (byte === undefined) break;
      value += (byte % 128) * factor;
      if (byte < 128 && value % 2 === 0) return value / 2;
      if (byte < 128) break;
    }
    throw undecodable('does not say which message of its schema it is');
  };
  const count = next();
  if (count === 0) return { path: [0], length: offset };
  if (count > bytes.byteLength) throw undecodable('does not say which message of its schema it is');
  return { path: Array.from({ length: count }, next), length: offset };
}
