import type { Codec } from '../../src/codec/codec.ts';
import type { EncodedEvent, StoredEvent } from '../../src/model/encoded.ts';
import { keyFromBytes } from '../../src/model/key-id.ts';

/** An event after a stay at a provider that keeps text as UTF-8 bytes, so that nothing survives by object identity. */
export function store(event: EncodedEvent, place: Partial<StoredEvent> = {}): StoredEvent {
  return {
    key: keyFromBytes(toBytes(event.key)),
    value: toBytes(event.value),
    headers: event.headers.map(
      ([name, value]) => [utf8(name), typeof value === 'string' ? Buffer.from(value) : value] as const,
    ),
    partition: 'p0',
    position: '7',
    timestamp: event.timestamp ?? 1_700_000_000_000,
    ...place,
  };
}

function toBytes(part: string | Uint8Array | null): Uint8Array | null {
  if (part === null) return null;
  // Not at the start of its memory, as bytes that were cut out of a response.
  const bytes = Buffer.from(part);
  const response = Buffer.concat([Buffer.from('head'), bytes, Buffer.from('tail')]);
  return response.subarray(4, 4 + bytes.length);
}

function utf8(text: string): string {
  return Buffer.from(text).toString('utf8');
}

/** What a codec that has nothing to ask for first encodes. */
export async function encodedBy<Input>(codec: Codec<Input, unknown>, input: Input): Promise<EncodedEvent> {
  const encoded = await codec.encode(input);
  if (typeof encoded === 'function') throw new Error('it has to ask for something first');
  return encoded;
}
