import { deserialize, serialize } from 'node:v8';
import { type DataCodec, StreamError } from '@isostream/core';

/**
 * A binary codec as those of schema registries are: one byte in front, nothing of it is text, and both ways it has to ask
 * somebody first, who is away the first few times.
 */
export class PackedCodec implements DataCodec {
  readonly name = 'packed';
  readonly contentTypes: readonly string[] = ['application/x-packed'];
  /** How often it found nobody to ask, as it wrote and as it read. */
  readonly refusals: { encode: number; decode: number } = { encode: 0, decode: 0 };
  readonly #away: number;

  constructor(away: number) {
    this.#away = away;
  }

  encode(data: unknown): ReturnType<DataCodec['encode']> {
    const bytes = pack(data);
    return async () => {
      this.#ask('encode');
      return { bytes, contentType: 'application/x-packed' };
    };
  }

  async decode(bytes: Uint8Array): Promise<unknown> {
    if (bytes[0] !== mark) throw new TypeError('not packed');
    this.#ask('decode');
    return unpack(bytes);
  }

  #ask(what: 'encode' | 'decode'): void {
    if (this.refusals[what] >= this.#away) return;
    this.refusals[what]++;
    throw new StreamError('unavailable', 'the registry is away', { where: 'codec' });
  }
}

/** Neither UTF-8 nor the beginning of any text. */
const mark = 0xff;

/** Data as the codec writes it. */
export function pack(data: unknown): Uint8Array {
  return Buffer.concat([Buffer.from([mark]), serialize(data)]);
}

function unpack(bytes: Uint8Array): unknown {
  const data: unknown = deserialize(Buffer.from(bytes.subarray(1)));
  return data;
}
