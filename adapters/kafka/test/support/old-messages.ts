import { crc32 } from 'node:zlib';

export interface OldMessage {
  readonly offset: number;
  readonly magic: 0 | 1;
  readonly attributes?: number;
  readonly timestamp?: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** A message of the formats before Kafka 0.11, which segments of old topics still hold. */
export function oldMessage({ offset, magic, attributes = 0, timestamp = 0n, key, value }: OldMessage): Buffer {
  const time = Buffer.alloc(magic === 1 ? 8 : 0);
  if (magic === 1) time.writeBigInt64BE(timestamp);
  const body = Buffer.concat([Buffer.from([magic, attributes]), time, part(key), part(value)]);
  const head = Buffer.alloc(16);
  head.writeBigInt64BE(BigInt(offset));
  head.writeInt32BE(body.length + 4, 8);
  head.writeUInt32BE(crc32(body), 12);
  return Buffer.concat([head, body]);
}

function part(bytes: Buffer | null): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes?.length ?? -1);
  return Buffer.concat([length, bytes ?? Buffer.alloc(0)]);
}
