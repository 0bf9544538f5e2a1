import type { _Record } from '@aws-sdk/client-kinesis';
import { type Header, type Key, keyFromBytes, type StoredEvent } from '@isostream/core/adapter';
import { deaggregate } from '../aggregation.ts';
import { fromPartitionKey } from '../partition-key.ts';
import { eventPosition } from '../position.ts';

const noHeaders: readonly Header[] = Object.freeze([]);

/**
 * The events of one record, made as they are asked for: one, or as many as the producer packed into it. Bytes that nobody can
 * read are an event as well. `now` stands for a time of arrival that the service left out.
 */
export function* eventsOf(shard: string, record: _Record, now: number): Generator<StoredEvent, void> {
  const { SequenceNumber: sequence = '', Data: data = new Uint8Array(), PartitionKey: partitionKey = '' } = record;
  const timestamp = arrivalOf(record, now);
  const packed = deaggregate(data);
  if (packed === undefined) {
    const position = eventPosition({ sequence, index: undefined });
    const key = keyOf(partitionKey);
    // Spreading what is common would cost more than all else here.
    yield { partition: shard, position, timestamp, key, value: data, headers: noHeaders, native: record };
    return;
  }
  let index = 0;
  for (const one of packed) {
    // Of its own, because a view would keep the whole record alive for as long as its slowest event.
    const value = Buffer.from(one.data);
    const native: _Record = { ...record, PartitionKey: one.partitionKey, Data: value };
    const position = eventPosition({ sequence, index: index++ });
    const key = keyOf(one.partitionKey);
    yield { partition: shard, position, timestamp, key, value, headers: noHeaders, native };
  }
}

/** When a record was stored, in milliseconds. */
export function arrivalOf({ ApproximateArrivalTimestamp: time }: _Record, now: number): number {
  const ms = time?.getTime() ?? Number.NaN;
  return Number.isNaN(ms) ? now : ms;
}

function keyOf(partitionKey: string): Key {
  const key = fromPartitionKey(partitionKey);
  return key instanceof Uint8Array ? keyFromBytes(key) : key;
}
