import { StreamError } from '@isostream/core/adapter';

export interface HubProperties {
  readonly name: string;
  readonly createdOn: Date;
  readonly partitionIds: readonly string[];
}

export interface PartitionProperties {
  readonly isEmpty: boolean;
  /** Number of the oldest event that is kept. */
  readonly beginningSequenceNumber: number;
  /** -1 before the first. */
  readonly lastEnqueuedSequenceNumber: number;
  readonly lastEnqueuedOffset: string;
  readonly lastEnqueuedOn: Date;
}

/** Reads what the service says of a hub. Throws `unavailable` for an answer that says less: a gateway may be in the way. */
export function hubIn(name: string, answer: unknown): HubProperties {
  const partitionIds = field(answer, 'partition_ids');
  const createdOn = dateIn(field(answer, 'created_at'));
  if (createdOn === undefined) throw strange(`hub "${name}"`, 'created_at');
  if (!Array.isArray(partitionIds) || partitionIds.length === 0 || !partitionIds.every(isName))
    throw strange(`hub "${name}"`, 'partition_ids');
  return { name, createdOn, partitionIds };
}

/** Reads what the service says of a partition. Throws likewise. */
export function partitionIn(hub: string, partition: string, answer: unknown): PartitionProperties {
  const number = (name: string): number => {
    const value = field(answer, name);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= -1) return value;
    throw strange(`hub "${hub}", partition ${partition}`, name);
  };
  const offset = field(answer, 'last_enqueued_offset');
  if (typeof offset !== 'string' && typeof offset !== 'number')
    throw strange(`hub "${hub}", partition ${partition}`, 'last_enqueued_offset');
  return {
    isEmpty: field(answer, 'is_partition_empty') === true,
    beginningSequenceNumber: Math.max(0, number('begin_sequence_number')),
    lastEnqueuedSequenceNumber: number('last_enqueued_sequence_number'),
    lastEnqueuedOffset: String(offset),
    // Of an empty partition it says nothing.
    lastEnqueuedOn: dateIn(field(answer, 'last_enqueued_time_utc')) ?? new Date(0),
  };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function dateIn(value: unknown): Date | undefined {
  if (!(value instanceof Date) && typeof value !== 'number') return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function field(answer: unknown, name: string): unknown {
  return typeof answer === 'object' && answer !== null && Object.hasOwn(answer, name)
    ? Reflect.get(answer, name)
    : undefined;
}

function strange(what: string, name: string): StreamError {
  return new StreamError('unavailable', `${what}: the response has no readable ${name}`, {
    where: 'event-hubs',
  });
}
