import { undecodable } from '../../registries/registry.ts';

/**
 * Which message of a file a payload is: its place among the messages there, then among those nested in it. How Confluent's clients
 * write it: the count and each number as zigzag varints; the first message of a file is one zero byte.
 */
export function indexBytes(path: readonly number[]): Uint8Array {
  if (path.length === 1 && path[0] === 0) return Uint8Array.of(0);
  const bytes: number[] = [];
  for (const number of [path.length, ...path]) {
    let rest = number * 2;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
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
