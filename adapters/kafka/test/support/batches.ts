import { crc32c } from '../../src/client/crc32c.ts';
import { compressor } from '../../src/client/codecs.ts';
import { compressedProduceBody, produceBody } from '../../src/client/produce-body.ts';
import type { Compression, WireRecord } from '../../src/client/produce-request.ts';

export interface BatchOptions {
  readonly base?: number;
  /** Kafka's number, in place of the one that the records were compressed with. */
  readonly codec?: number;
  readonly producerId?: bigint;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly isAppendTime?: boolean;
  /** Of the offsets, where compaction took records away behind the last. */
  readonly lastDelta?: number;
  readonly count?: number;
  readonly maxTimestamp?: bigint;
  /** In place of the encoded records. */
  readonly records?: Buffer;
}

/** Everything of a Produce request with the topic "t" in front of its only batch. */
const requestBytes = 27;
const headerBytes = 61;

/** A batch as a broker stores it. */
export function batch(records: readonly WireRecord[], options: BatchOptions = {}): Buffer {
  return stored(produceBody(requestOf(records, 'none')).subarray(requestBytes), options);
}

export async function compressedBatch(
  compression: Exclude<Compression, 'none'>,
  records: readonly WireRecord[],
  options: BatchOptions = {},
): Promise<Buffer> {
  const body = await compressedProduceBody(requestOf(records, compression), compressor(compression));
  return stored(body.subarray(requestBytes), options);
}

export function record(value: string, rest: Partial<WireRecord> = {}): WireRecord {
  return { key: null, value: Buffer.from(value), headers: [], timestamp: 1_000, ...rest };
}

/** Makes the checksum fit again after a change. */
export function sealed(bytes: Buffer): Buffer {
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
  return bytes;
}

function requestOf(records: readonly WireRecord[], compression: Compression) {
  const identity = { id: '-1', epoch: -1 };
  const partitions = [{ partition: 0, firstSequence: -1, records }];
  return { topic: 't', identity, compression, timeoutMs: 1_000, partitions };
}

function stored(encoded: Buffer, options: BatchOptions): Buffer {
  const { records } = options;
  const bytes =
    records === undefined ? Buffer.from(encoded) : Buffer.concat([encoded.subarray(0, headerBytes), records]);
  bytes.writeBigInt64BE(BigInt(options.base ?? 0), 0);
  const attributes = bytes.readInt16BE(21);
  const codec = options.codec ?? attributes & 7;
  const flags = (options.isAppendTime ? 8 : 0) | (options.isTransactional ? 16 : 0) | (options.isControl ? 32 : 0);
  bytes.writeInt16BE(codec | flags, 21);
  if (options.lastDelta !== undefined) bytes.writeInt32BE(options.lastDelta, 23);
  if (options.maxTimestamp !== undefined) bytes.writeBigInt64BE(options.maxTimestamp, 35);
  if (options.producerId !== undefined) bytes.writeBigInt64BE(options.producerId, 43);
  if (options.count !== undefined) bytes.writeInt32BE(options.count, 57);
  return sealed(bytes);
}
