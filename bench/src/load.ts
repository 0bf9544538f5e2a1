/** What a raw topic of isostream takes, and kafkajs as well: both send the very same bytes. */
export interface Message {
  readonly key: string;
  readonly value: Buffer;
}

const manyKeys = 1_000;
const valueBytes = 200;

/** So many events with 1,000 keys, or as many as are asked for, in no particular order, 200 bytes each. The same ones each time. */
export function messages(count: number, keys: number = manyKeys): Message[] {
  const pool = Array.from({ length: keys }, (_, index) => ({ key: `key-${index}`, value: Buffer.from(text(index)) }));
  return Array.from(keyIndexes(count, keys), (index) => pool[index] ?? { key: '', value: Buffer.alloc(valueBytes) });
}

/** The input of a typed topic: data of about 200 bytes of JSON. */
export interface TypedMessage {
  readonly type: 'measured';
  readonly data: { readonly key: string; readonly text: string };
}

export function typedMessages(count: number): TypedMessage[] {
  return Array.from(keyIndexes(count, manyKeys), (index) => ({
    type: 'measured',
    data: { key: `key-${index}`, text: text(index).slice(0, 170) },
  }));
}

/** A linear congruential generator (Numerical Recipes' constants) from a fixed seed: runs can be compared. */
function* keyIndexes(count: number, keys: number): Iterable<number> {
  let state = 1;
  for (let sent = 0; sent < count; sent++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The low bits of such a generator repeat after a few steps.
    yield Math.floor((state / 2 ** 32) * keys);
  }
}

function text(index: number): string {
  return `${index} `.repeat(valueBytes).slice(0, valueBytes);
}
