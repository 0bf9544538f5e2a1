import rhea from 'rhea';
import { ServiceError } from '../service-error.ts';
import type { Hub, Namespace } from '../store/namespace.ts';
import type { OffsetForm } from '../store/offsets.ts';
import type { Request, Response } from './request-response.ts';

/** Answers reads of a hub's and of a partition's properties. */
export function answerManagement(
  { properties }: Request,
  namespace: Namespace,
  offsets: OffsetForm,
  replicated: boolean,
): Response {
  const { operation, type, name, partition } = properties;
  try {
    if (operation !== 'READ') throw new ServiceError('amqp:not-implemented', `No operation '${String(operation)}'.`);
    const hub = namespace.hub(String(name));
    if (type === 'com.microsoft:eventhub') return { status: 200, description: 'OK', body: hubBody(hub, replicated) };
    if (type === 'com.microsoft:partition')
      return { status: 200, description: 'OK', body: partitionBody(hub, String(partition), offsets) };
    throw new ServiceError('amqp:not-implemented', `No entity type '${String(type)}'.`);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const status = error.condition === 'amqp:not-found' ? 404 : 400;
    return { status, description: error.message, condition: error.condition };
  }
}

function hubBody(hub: Hub, replicated: boolean): unknown {
  return rhea.types.wrap_map({
    name: rhea.types.wrap_string(hub.name),
    type: rhea.types.wrap_string('com.microsoft:eventhub'),
    created_at: rhea.types.wrap_timestamp(hub.createdMs),
    partition_count: rhea.types.wrap_int(hub.partitions.length),
    partition_ids: rhea.types.wrap_array(
      hub.partitions.map((partition) => partition.id),
      0xa1,
      undefined,
    ),
    georeplication_factor: rhea.types.wrap_int(replicated ? 2 : 1),
  });
}

function partitionBody(hub: Hub, id: string, offsets: OffsetForm): unknown {
  const partition = hub.partition(id);
  return rhea.types.wrap_map({
    name: rhea.types.wrap_string(hub.name),
    type: rhea.types.wrap_string('com.microsoft:partition'),
    partition: rhea.types.wrap_string(id),
    begin_sequence_number: rhea.types.wrap_long(partition.beginSequence),
    last_enqueued_sequence_number: rhea.types.wrap_long(partition.lastSequence),
    last_enqueued_offset: rhea.types.wrap_string(offsets.text(id, partition.lastOffset)),
    last_enqueued_time_utc: rhea.types.wrap_timestamp(partition.lastEnqueuedMs),
    is_partition_empty: rhea.types.wrap_boolean(partition.isEmpty),
  });
}
