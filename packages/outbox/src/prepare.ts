import { randomUUID } from 'node:crypto';
import { type EventInput, StreamError, type Topic } from '@isostream/core';
import { messageOf } from '@isostream/core/adapter';
import { type OutboxRow, shardOf } from './row.ts';
import { jsonOf } from './json.ts';

/**
 * The row of one event. What can be known to be wrong is refused here, in the transaction of whoever writes it: an event that
 * turns out to be wrong at the relay could only be set aside.
 */
export async function prepareRow(topic: Topic, input: unknown, now: number): Promise<OutboxRow> {
  const where = topic.name;
  if (!isInput(input))
    throw new StreamError('invalid-event', 'the event has no type. Give it one that the topic declares', { where });
  const id = input.id ?? randomUUID();
  // The time at which it happened, not that of the relay.
  const time = timeText(input.time ?? new Date(now), where);
  const event = jsonOf({ ...input, id, time }, where);
  // As the relay will read it: schema and key function are asked about the same there.
  const read = eventIn(event, id, where);
  const isTombstone = topic.tombstones === true && read.type === 'tombstone';
  if (!isTombstone) await checkData(topic, read);
  const key = isTombstone ? keyOfTombstone(topic, read) : keyOf(topic, read);
  return { id, topic: topic.name, key, shard: shardOf(topic.name, key ?? id), event };
}

/** The event that a row holds, as `send` takes it. Throws for text that is none. */
export function eventOf(row: OutboxRow): EventInput {
  return eventIn(row.event, row.id, row.topic);
}

function eventIn(text: string, id: string, where: string): EventInput {
  const parsed: unknown = JSON.parse(text);
  if (!isEvent(parsed)) throw new StreamError('invalid-event', `row ${id} of the outbox holds no event`, { where });
  return { ...parsed, time: new Date(parsed.time) };
}

function timeText(time: unknown, where: string): string {
  if (time instanceof Date && Number.isFinite(time.getTime())) return time.toISOString();
  throw new StreamError('invalid-event', 'time is not a valid Date. Leave it out for the time of the call', { where });
}

async function checkData(topic: Topic, input: EventInput): Promise<void> {
  const where = topic.name;
  const { type } = input;
  const schema = topic.events !== undefined && Object.hasOwn(topic.events, type) ? topic.events[type] : undefined;
  if (schema === undefined) {
    const declared = Object.keys(topic.events ?? {}).join(', ');
    const message = `topic "${topic.name}" declares no type ${JSON.stringify(type)}. Declared types: ${declared}`;
    throw new StreamError('schema-violation', message, { where });
  }
  const { issues } = await schema['~standard'].validate(input.data);
  if (issues === undefined) return;
  const problem = issues.map(({ message }) => message).join('; ');
  throw new StreamError('schema-violation', `data of ${JSON.stringify(type)}: ${problem}`, { where });
}

function keyOf(topic: Topic, input: EventInput): string | null {
  if (topic.key === null) return null;
  let key: unknown;
  try {
    key = topic.key(input);
  } catch (cause) {
    const message = `the key function of topic "${topic.name}" threw: ${messageOf(cause)}`;
    throw new StreamError('invalid-event', message, { where: topic.name, cause });
  }
  if (isUsable(key)) return key;
  const message = `the key function of topic "${topic.name}" returned no usable key. Return text of 1 to 256 characters`;
  throw new StreamError('invalid-key', message, { where: topic.name });
}

/** There is no data that its key could follow from. */
function keyOfTombstone({ name }: Topic, input: EventInput): string {
  const key: unknown = 'key' in input ? input.key : undefined;
  if (isUsable(key)) return key;
  const message = `a tombstone of topic "${name}" has no usable key. Give the key that is removed: { type: "tombstone", key }`;
  throw new StreamError('invalid-key', message, { where: name });
}

function isUsable(key: unknown): key is string {
  if (typeof key !== 'string' || key === '' || key.includes('\0')) return false;
  // As `send` has it.
  return key.toWellFormed() === key && Array.from(key).length <= 256 && Buffer.byteLength(key) <= 1_024;
}

function isInput(value: unknown): value is EventInput {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isEvent(value: unknown): value is EventInput & { readonly time: string } {
  return isInput(value) && 'time' in value && typeof value.time === 'string';
}
