import type { DataCodec, Header } from '@isostream/core';

/** The bytes of one event's data, however long the codec has to ask. */
export async function encoded(codec: DataCodec, data: unknown, topic = 'orders', type = 'placed'): Promise<Buffer> {
  const answer = codec.encode(data, { topic, type });
  const { bytes } = typeof answer === 'function' ? await answer() : answer;
  return Buffer.from(bytes);
}

export async function decoded(
  codec: DataCodec,
  bytes: Uint8Array,
  headers: readonly Header[] = [],
  topic = 'orders',
  type: string | undefined = 'placed',
): Promise<unknown> {
  return codec.decode(bytes, { topic, type, contentType: undefined, headers });
}
