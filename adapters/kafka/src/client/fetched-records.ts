import type { StoredEvent } from '@isostream/core/adapter';
import { malformed } from './answer-reader.ts';
import { crc32c } from './crc32c.ts';
import { isIntactMessage, MessageReader, packedMessages } from './message-set.ts';
import { AbortedBatches, type AbortedTransaction, headerBytes, readBatch, type RecordBatch } from './record-batch.ts';
import { type EventReader, RecordReader, toTime } from './record-reader.ts';
import type { Holder, Unpacker } from './unpacker.ts';
import { WireError } from './wire-error.ts';

/** A batch as it lies in the log. */
export interface StoredBatch {
  /** Of its last record, or of one that compaction took away. */
  readonly lastOffset: number;
  /** Of its records, as its header says. */
  readonly count: number;
  /** All of it, with its header; a view. */
  readonly bytes: Buffer;
  /** Of its first record, in milliseconds since the epoch. */
  readonly timestamp: number;
}

const checksumAt = 17;
const checkedFrom = 21;

/**
 * What one fetch brought of one partition. The headers of its batches are read at once, which is cheap; events are made
 * one by one, as they are asked for, and batches unpacked one at a time.
 */
export class FetchedRecords implements Holder {
  /** Behind all batches that came whole, whether they hold events or not; `undefined` where none did. */
  readonly next: number | undefined;
  readonly #partition: string;
  readonly #log: Buffer;
  readonly #aborted: readonly AbortedTransaction[];
  readonly #batches: RecordBatch[] = [];
  /** Why what follows the batches cannot be read. */
  readonly #failure: WireError | undefined;
  #index = 0;
  #reader: EventReader | undefined;
  #unpacker: Unpacker | undefined;

  constructor(partition: number, log: Buffer, aborted: readonly AbortedTransaction[]) {
    this.#partition = String(partition);
    this.#log = log;
    this.#aborted = aborted;
    const hidden = new AbortedBatches(aborted);
    let at = 0;
    try {
      for (let batch = readBatch(log, at); batch !== undefined; batch = readBatch(log, at)) {
        at += batch.bytes.length;
        if (batch.baseOffset < (this.next ?? 0))
          throw malformed(`a batch at offset ${batch.baseOffset} behind ${this.next}`);
        if (!hidden.hides(batch) && batch.count > 0) this.#batches.push(batch);
        this.next = batch.lastOffset + 1;
      }
    } catch (thrown) {
      this.#failure = thrown instanceof WireError ? thrown : malformed(String(thrown), thrown);
    }
  }

  /** The same from the beginning, for another who reads it at a pace of its own. */
  again(): FetchedRecords {
    return new FetchedRecords(Number(this.#partition), this.#log, this.#aborted);
  }

  /** Nothing is left, be it events or the reason why there are none. */
  get isEmpty(): boolean {
    return this.#index >= this.#batches.length && this.#failure === undefined;
  }

  /** The next batch has to be unpacked first. */
  get isPacked(): boolean {
    return this.#reader === undefined && (this.#batches[this.#index]?.codec ?? 0) !== 0;
  }

  /** What is read next, as far as its header can be believed; `undefined` where it does not say where its events end. */
  get stored(): StoredBatch | undefined {
    const batch = this.#batches[this.#index];
    if (batch === undefined) return undefined;
    const { bytes, count, lastOffset, magic, firstTimestamp } = batch;
    // The checksum covers the header as well: if it does not fit, its number of records or the next batch has to confirm it.
    const next = this.#batches[this.#index + 1]?.baseOffset;
    const isSure =
      magic < 2 ||
      isIntact(batch) ||
      count === lastOffset - batch.baseOffset + 1 ||
      (this.#failure === undefined && next === lastOffset + 1);
    return isSure ? { lastOffset, count, bytes, timestamp: toTime(firstTimestamp) } : undefined;
  }

  /** Of what is read next: the record, or the batch. `undefined` at the end. */
  get position(): number | undefined {
    return this.#reader?.position ?? this.#batches[this.#index]?.baseOffset;
  }

  /**
   * The next event from that offset on and below that other one. `undefined` where nothing is left, or what comes next is
   * packed. Throws `malformed` or `undecodable` where it cannot be read; it stays where it is then.
   */
  read(from: number, before: number): StoredEvent | undefined {
    for (let batch = this.#batch(from, before); batch !== undefined; batch = this.#batch(from, before)) {
      if (this.#reader === undefined) {
        if (batch.codec !== 0) return undefined;
        check(batch);
        this.#reader = readerOf(this.#partition, batch, undefined);
      }
      const event = this.#reader.next(from, before);
      if (event !== undefined) return event;
      this.release();
      this.#index++;
    }
    if (this.#failure !== undefined) throw this.#failure;
    return undefined;
  }

  /** Makes the next events of that stretch readable. Throws `malformed`, `undecodable` or `codec`. */
  async unpack(unpacker: Unpacker, from: number, before: number): Promise<void> {
    const batch = this.#batch(from, before);
    if (batch === undefined || !this.isPacked) return;
    check(batch);
    const packed = batch.magic < 2 ? packedMessages(batch) : batch.bytes.subarray(headerBytes);
    const unpacked = await unpacker.unpack(this, batch.codec, packed);
    this.#unpacker = unpacker;
    this.#reader = readerOf(this.#partition, batch, unpacked);
  }

  /** The batch to read from: those without anything of the stretch are passed over, packed or not. */
  #batch(from: number, before: number): RecordBatch | undefined {
    for (let batch = this.#batches[this.#index]; batch !== undefined; batch = this.#batches[++this.#index])
      if (this.#reader !== undefined || (batch.lastOffset >= from && !isBehind(batch, before))) return batch;
    return undefined;
  }

  drop(): void {
    this.#reader = undefined;
  }

  /** Lets go of what was unpacked. */
  release(): void {
    this.#unpacker?.release(this);
    this.#reader = undefined;
  }
}

/** All of its records are beyond that offset. A packed message of an old format tells only where it ends. */
function isBehind({ magic, baseOffset }: RecordBatch, before: number): boolean {
  return magic >= 2 && baseOffset >= before;
}

function readerOf(partition: string, batch: RecordBatch, unpacked: Buffer | undefined): EventReader {
  if (batch.magic < 2) return new MessageReader(partition, batch, unpacked);
  return unpacked === undefined
    ? new RecordReader(partition, batch, batch.bytes, headerBytes)
    : new RecordReader(partition, batch, unpacked, 0);
}

function check(batch: RecordBatch): void {
  if (!isIntact(batch)) throw malformed('its checksum does not fit');
}

function isIntact(batch: RecordBatch): boolean {
  const { magic, bytes } = batch;
  return magic < 2
    ? isIntactMessage(batch)
    : crc32c(bytes, checkedFrom, bytes.length) === bytes.readUInt32BE(checksumAt);
}
