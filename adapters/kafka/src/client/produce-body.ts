import { ByteWriter, mostBytes } from './byte-writer.ts';
import { crc32c } from './crc32c.ts';
import type { ProduceRequest, ProducerIdentity, WireRecord } from './produce-request.ts';

type Partition = ProduceRequest['partitions'][number];
type Compress = (records: Buffer) => Promise<Buffer>;

/** How the records of a batch are compressed: Kafka's number, and the function that does it. */
export interface Compressor {
  readonly type: number;
  readonly compress: Compress;
}

const allReplicas = -1;
const noTransaction = -1;
const magic = 2;
/** Of a partition in the request and its batch, without records. */
const batchBytes = 128;

const shared = new ByteWriter();

/**
 * The body of a Produce request, versions 3 to 8, written straight into one buffer: kafkajs makes some dozen objects an
 * event, which is most of what sending costs. Source: Kafka's protocol guide, record batch with magic 2.
 */
export function produceBody({ topic, identity, timeoutMs, partitions }: ProduceRequest): Buffer {
  const writer = shared;
  const now = Date.now();
  head(writer, topic, timeoutMs, partitions.length);
  for (const partition of partitions) {
    const size = beginPartition(writer, partition);
    const end = beginBatch(writer, identity, partition, 0, now);
    writeRecords(writer, partition.records, now);
    end();
    writer.endLength(size);
  }
  return writer.copy();
}

/** The same with compressed records. It waits for the compression, so it writes into a buffer of its own. */
export async function compressedProduceBody(
  { topic, identity, timeoutMs, partitions }: ProduceRequest,
  { type, compress }: Compressor,
): Promise<Buffer> {
  const writer = new ByteWriter();
  const now = Date.now();
  head(writer, topic, timeoutMs, partitions.length);
  for (const partition of partitions) {
    const records = new ByteWriter();
    writeRecords(records, partition.records, now);
    const compressed = await compress(records.copy());
    const size = beginPartition(writer, partition);
    const end = beginBatch(writer, identity, partition, type, now);
    writer.room(compressed.byteLength);
    writer.raw(compressed);
    end();
    writer.endLength(size);
  }
  return writer.copy();
}

function head(writer: ByteWriter, topic: string, timeoutMs: number, partitions: number): void {
  writer.at = 0;
  writer.room(64 + topic.length * 3);
  writer.int16(noTransaction);
  writer.int16(allReplicas);
  writer.int32(timeoutMs);
  writer.int32(1);
  writer.int16(Buffer.byteLength(topic));
  writer.raw(Buffer.from(topic));
  writer.int32(partitions);
}

function beginPartition(writer: ByteWriter, { partition }: Partition): number {
  writer.room(batchBytes);
  writer.int32(partition);
  return writer.beginLength();
}

/** Writes a batch up to its records; the returned function fills in what is known only behind them. */
function beginBatch(
  writer: ByteWriter,
  identity: ProducerIdentity,
  { firstSequence, records }: Partition,
  compression: number,
  now: number,
): () => void {
  const [first, last] = timeRange(records, now);
  writer.int64(0n);
  const length = writer.beginLength();
  writer.int32(-1);
  writer.int8(magic);
  const crc = writer.at;
  writer.at += 4;
  writer.int16(compression);
  writer.int32(records.length - 1);
  writer.int64(BigInt(first));
  writer.int64(BigInt(last));
  writer.int64(BigInt(identity.id));
  writer.int16(identity.epoch);
  writer.int32(firstSequence);
  writer.int32(records.length);
  return () => {
    writer.endLength(length);
    writer.bytes.writeUInt32BE(crc32c(writer.bytes, crc + 4, writer.at), crc);
  };
}

function writeRecords(writer: ByteWriter, records: readonly WireRecord[], now: number): void {
  const [first] = timeRange(records, now);
  for (const [index, record] of records.entries())
    writeRecord(writer, record, index, (record.timestamp ?? now) - first);
}

function writeRecord(writer: ByteWriter, { key, value, headers }: WireRecord, index: number, timeDelta: number): void {
  let most = 48 + mostBytes(key) + mostBytes(value);
  for (const [name, header] of headers) most += 10 + mostBytes(name) + mostBytes(header);
  writer.room(most);
  // Two bytes of length fit nearly every record; others are moved.
  const start = writer.at;
  writer.at = start + 2;
  writer.int8(0);
  writer.varint(timeDelta);
  writer.varint(index);
  writer.part(key);
  writer.part(value);
  writer.varint(headers.length);
  for (const [name, header] of headers) {
    writer.part(name);
    writer.part(header);
  }
  const length = writer.at - start - 2;
  const width = varintWidth(length);
  if (width !== 2) writer.bytes.copyWithin(start + width, start + 2, writer.at);
  writer.at = start;
  writer.varint(length);
  writer.at += length;
}

/** Bytes of a length as a zigzag varint. */
function varintWidth(length: number): number {
  if (length < 64) return 1;
  if (length < 8_192) return 2;
  if (length < 1_048_576) return 3;
  return length < 134_217_728 ? 4 : 5;
}

function timeRange(records: readonly WireRecord[], now: number): readonly [first: number, last: number] {
  let [first, last] = [Infinity, -Infinity];
  for (const { timestamp = now } of records) {
    if (timestamp < first) first = timestamp;
    if (timestamp > last) last = timestamp;
  }
  return [first, last];
}
