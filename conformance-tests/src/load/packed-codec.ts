import { deserialize, serialize } from 'node:v8';
import { type DataCodec, type StoredDataAbout, StreamError } from '@isostream/core';

/**
 * A binary codec as those of schema registries are: one byte in front and bytes in a header of its own, nothing of it is text, and both
 * ways it has to ask somebody first, who is away the first few times.
 */
export class PackedCodec implements DataCodec {
  readonly name = 'packed';
  readonly contentTypes: readonly string[] = ['application/x-packed'];
  readonly headers: readonly string[] = [packedHeader];
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
      return { bytes, contentType: 'application/x-packed', headers: [[packedHeader, schemaId]] };
    };
  }

  async decode(bytes: Uint8Array, { headers }: StoredDataAbout): Promise<unknown> {
    if (bytes[0] !== mark) throw new TypeError('not packed');
    this.#ask('decode');
    const named = headers.filter(([name]) => name === packedHeader);
    const isNamed = named.length === 1 && named.every(([, value]) => isSchemaId(value));
    return isNamed ? unpack(bytes) : { lost: 'the header of the codec' };
  }

  #ask(what: 'encode' | 'decode'): void {
    if (this.refusals[what] >= this.#away) return;
    this.refusals[what]++;
    throw new StreamError('unavailable', 'the registry is away', { where: 'codec' });
  }
}

/** Names the schema, as header GUIDs of registries do. */
export const packedHeader = '__packed_schema_id';
const schemaId = Buffer.from('01ff00c3289f1092846dd1b4aee5c7e0d2', 'hex');

/** Where headers are text, bytes are base64. */
function isSchemaId(value: string | Uint8Array): boolean {
  return typeof value === 'string' ? value === schemaId.toString('base64') : schemaId.equals(value);
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
