import { AnswerReader, malformed } from './answer-reader.ts';
import { FetchedRecords } from './fetched-records.ts';
import type { AbortedTransaction } from './record-batch.ts';
import type { FetchResult } from './wire.ts';
import { WireError } from './wire-error.ts';

export interface FetchAnswer {
  readonly errorCode: number;
  /** How long the broker asks this client to be quiet, in milliseconds. */
  readonly clientSideThrottleTime: number;
  readonly results: readonly FetchResult[];
}

/** The versions of the answer that are read: the first is Kafka 0.11's, the last the newest that kafkajs asks for. */
const [oldest, newest] = [4, 11];
const unsupportedVersion = 35;

/** Reads an answer to a Fetch of these topics, without its records as yet. Throws `malformed`. */
export function decodeFetch(asked: ReadonlySet<string>, frame: Buffer, version: number): FetchAnswer {
  if (version < oldest || version > newest)
    throw new WireError('protocol', `fetch of version ${version}`, { code: unsupportedVersion, sent: 'maybe' });
  const reader = new AnswerReader(frame);
  const throttleMs = reader.int32();
  // From version 8 on the broker has not waited itself.
  const clientSideThrottleTime = version >= 8 ? throttleMs : 0;
  const errorCode = version >= 7 ? reader.int16() : 0;
  // The number of a fetch session; none is asked for.
  if (version >= 7) reader.skip(4);
  const results: FetchResult[] = [];
  for (let topics = reader.count(6); topics > 0; topics--) {
    const topic = reader.text();
    if (!asked.has(topic)) throw malformed(`records of topic "${topic}", which was not asked for`);
    for (let partitions = reader.count(34); partitions > 0; partitions--)
      results.push(readPartition(topic, reader, version, frame.length));
  }
  return { errorCode, clientSideThrottleTime, results };
}

function readPartition(topic: string, reader: AnswerReader, version: number, frameBytes: number): FetchResult {
  const partition = reader.int32();
  const error = reader.int16();
  // The high watermark: what committed events alone see ends at the last stable offset.
  reader.skip(8);
  const end = reader.int64();
  const logStart = version >= 5 ? reader.int64() : -1n;
  const aborted: AbortedTransaction[] = [];
  for (let count = reader.count(16); count > 0; count--)
    aborted.push({ producerId: reader.int64(), first: reader.offset() });
  const nearest = version >= 11 ? reader.int32() : -1;
  const records = new FetchedRecords(partition, owned(reader.bytes(), frameBytes), aborted);
  return { topic, partition, error, end, logStart, nearest, records };
}

/** One partition that is read slowly must not keep alive what the answer held of all others. */
function owned(records: Buffer, frameBytes: number): Buffer {
  return records.length * 2 > frameBytes ? records : Buffer.from(records);
}
