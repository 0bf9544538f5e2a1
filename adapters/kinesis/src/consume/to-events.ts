import type { _Record } from '@aws-sdk/client-kinesis';
import { type Key, keyFromBytes, type StoredEvent } from '@isostream/core/adapter';
import { deaggregate } from '../aggregation.ts';
import { fromPartitionKey } from '../partition-key.ts';
import { eventPosition } from '../position.ts';

/** The events of one record: one, or as many as the producer packed into it. Bytes that nobody can read are an event as well. */
export function eventsOf(shard: string, record: _Record): readonly StoredEvent[] {
  const { SequenceNumber: sequence = '', Data: data = new Uint8Array(), PartitionKey: partitionKey = '' } = record;
  const timestamp = record.ApproximateArrivalTimestamp?.getTime() ?? 0;
  const common = { partition: shard, timestamp, headers: [] };
  const packed = deaggregate(data);
  if (packed === undefined) {
    const position = eventPosition({ sequence, index: undefined });
    return [{ ...common, key: keyOf(partitionKey), value: data, position, native: record }];
  }
  return packed.map((one, index) => {
    // Of its own, because a view would keep the whole record alive for as long as its slowest event.
    const value = Buffer.from(one.data);
    const native: _Record = { ...record, PartitionKey: one.partitionKey, Data: value };
    return { ...common, key: keyOf(one.partitionKey), value, position: eventPosition({ sequence, index }), native };
  });
}

function keyOf(partitionKey: string): Key {
  const key = fromPartitionKey(partitionKey);
  return key instanceof Uint8Array ? keyFromBytes(key) : key;
}
