import { malformed } from './answer-reader.ts';
import { readInt64, toOffset } from './int64.ts';
import { WireError } from './wire-error.ts';

/** A transaction of which nothing counts, from its first offset on until its mark. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly first: number;
}

/** One batch of a log as its header describes it. Source: Kafka's protocol guide, message formats. */
export interface RecordBatch {
  /** 2, or that of an older message set: 0 or 1. */
  readonly magic: number;
  readonly baseOffset: number;
  /** Of the last record that was ever in it: compaction takes records out, and their offsets with them. */
  readonly lastOffset: number;
  /** Kafka's number of the codec; 0 for none. */
  readonly codec: number;
  /** All of it, with its header; a view. */
  readonly bytes: Buffer;
  /** Only with magic 2: */
  readonly count: number;
  readonly firstTimestamp: number;
  /** The broker's time of appending, where that is the timestamp of all records. */
  readonly appendedAt: number | undefined;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
}

/** Of a batch with magic 2, up to its records. */
export const headerBytes = 61;
/** Offset and length, which the length does not count. */
export const prefixBytes = 12;
const magicAt = 16;
const codecMask = 0x07;
const appendTimeFlag = 0x08;
const transactionalFlag = 0x10;
const controlFlag = 0x20;
const newestMagic = 2;
/** Of a message with magic 0, all of it: checksum, magic, attributes, two lengths. */
const leastMessageBytes = 14;

/** The batch that begins at a place; `undefined` where it is not there to its end: an answer is cut where it is full. */
export function readBatch(log: Buffer, at: number): RecordBatch | undefined {
  if (log.length - at <= magicAt) return undefined;
  const length = log.readInt32BE(at + 8);
  const magic = log.readInt8(at + magicAt);
  const baseOffset = toOffset(log, at);
  if (magic < 0 || magic > newestMagic)
    throw new WireError(
      'undecodable',
      `the batch at offset ${baseOffset} has format ${magic}, which this version of isostream does not know. Update it`,
      { sent: 'no' },
    );
  const least = magic === newestMagic ? headerBytes - prefixBytes : leastMessageBytes;
  if (length < least || baseOffset < 0) throw malformed(`a batch of ${length} bytes at offset ${baseOffset}`);
  const end = at + prefixBytes + length;
  if (end > log.length) return undefined;
  const bytes = log.subarray(at, end);
  return magic === newestMagic ? readHeader(bytes, baseOffset) : readOldHeader(bytes, baseOffset, magic);
}

function readHeader(bytes: Buffer, baseOffset: number): RecordBatch {
  const attributes = bytes.readInt16BE(21);
  const lastDelta = bytes.readInt32BE(23);
  const count = bytes.readInt32BE(57);
  if (lastDelta < 0 || count < 0 || !Number.isSafeInteger(baseOffset + lastDelta + 1))
    throw malformed(`a batch of ${count} records over ${lastDelta} offsets at offset ${baseOffset}`);
  return {
    magic: newestMagic,
    baseOffset,
    lastOffset: baseOffset + lastDelta,
    codec: attributes & codecMask,
    bytes,
    count,
    firstTimestamp: readInt64(bytes, 27),
    appendedAt: (attributes & appendTimeFlag) === 0 ? undefined : readInt64(bytes, 35),
    producerId: bytes.readBigInt64BE(43),
    isTransactional: (attributes & transactionalFlag) !== 0,
    isControl: (attributes & controlFlag) !== 0,
  };
}

/** A message of an older format: one record, or a compressed set of them under the offset of the last. */
function readOldHeader(bytes: Buffer, offset: number, magic: number): RecordBatch {
  return {
    magic,
    baseOffset: offset,
    lastOffset: offset,
    codec: bytes.readInt8(17) & codecMask,
    bytes,
    count: 1,
    firstTimestamp: -1,
    appendedAt: undefined,
    producerId: -1n,
    isTransactional: false,
    isControl: false,
  };
}

/** Finds what nobody may see: marks of transactions, and the batches of those that were aborted. */
export class AbortedBatches {
  readonly #ahead: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#ahead = aborted.toSorted((a, b) => b.first - a.first);
  }

  /** Asked for every batch in stored order. */
  hides({ isControl, isTransactional, producerId, lastOffset }: RecordBatch): boolean {
    for (let next = this.#ahead.at(-1); next !== undefined && next.first <= lastOffset; next = this.#ahead.at(-1)) {
      this.#open.add(next.producerId);
      this.#ahead.pop();
    }
    if (isControl) this.#open.delete(producerId);
    return isControl || (isTransactional && this.#open.has(producerId));
  }
}
