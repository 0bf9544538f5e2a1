import { type EncodedEvent, type LaneBatch, StreamError } from '@isostream/core/adapter';
import { aggregate, isAggregate } from '../aggregation.ts';
import { toPartitionKey } from '../partition-key.ts';

/** One record of a request: the events of one batch. */
export interface PreparedRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Its events are found by their index inside. */
  readonly isAggregated: boolean;
}

/** The record for a batch, whose events have one key. Throws `invalid-key` for one that Kinesis cannot carry. */
export function prepareRecord({ events }: LaneBatch, what: string): PreparedRecord {
  const [first] = events;
  if (first === undefined) throw defect(`${what}: a batch without events`);
  const partitionKey = toPartitionKey(first.key);
  if (partitionKey === undefined)
    throw new StreamError(
      'invalid-key',
      `${what}: the key is too long. Kinesis takes 256 characters, and fewer for keys that are not text; use a hash of it`,
      { where: 'kinesis', outcome: 'not-written' },
    );
  const payloads = events.map((event) => payloadOf(event, what));
  const [payload] = payloads;
  // Readers would take it for a package of several events.
  const isAggregated = payloads.length > 1 || payload === undefined || isAggregate(payload);
  return isAggregated
    ? { partitionKey, data: aggregate(partitionKey, payloads), isAggregated }
    : { partitionKey, data: payload, isAggregated };
}

/** Core gives a provider without headers nothing else; what it did give would be lost without a word. */
function payloadOf({ value, headers }: EncodedEvent, what: string): Uint8Array {
  if (value === null || headers.length > 0) throw defect(`${what}: an event that only a wrapper can carry`);
  return value;
}

function defect(message: string): StreamError {
  return new StreamError('internal', message, { where: 'kinesis', outcome: 'not-written' });
}
