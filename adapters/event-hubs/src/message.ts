import {
  type EncodedEvent,
  type Header,
  type Key,
  keyFromBytes,
  type StoredEvent,
  StreamError,
} from '@isostream/core/adapter';
import { message } from 'rhea-promise';
import { encodeBatch, type OutgoingMessage } from './amqp/encode.ts';
import type { AmqpMessage } from './amqp/message.ts';
import { type PlainEntry, textOfPlain } from './amqp/values.ts';

/** The key travels here: a batch for one partition holds many keys, and the service's own annotation is for one. */
const keyProperty = 'isostream-key';
/** JavaScript objects cannot hold an entry of this name, and the client makes one of the properties. */
const protoProperty = 'isostream-proto';
const contentTypeHeader = 'content-type';
const isSymbol = /^[\u0020-\u007e]+$/;

/** An event as an AMQP message: bytes in a data section, a tombstone as the value null. Throws `invalid-header` for our own properties. */
function toMessage({ key, value, headers }: EncodedEvent): OutgoingMessage {
  const properties: [string, string | Uint8Array][] = [];
  let contentType: string | undefined;
  for (const [name, header] of headers) {
    if (name === keyProperty || name === protoProperty) throw reserved(name);
    if (name === contentTypeHeader && typeof header === 'string' && isSymbol.test(header)) contentType = header;
    else properties.push([name === '__proto__' ? protoProperty : name, header]);
  }
  if (key !== null) properties.push([keyProperty, key]);
  return { contentType, properties: withoutRepeats(properties), body: value };
}

/** A map has each name once: of a header that repeats the last one stays. */
function withoutRepeats(properties: [string, string | Uint8Array][]): readonly [string, string | Uint8Array][] {
  if (properties.length < 2) return properties;
  const byName = new Map(properties);
  return byName.size === properties.length ? properties : [...byName];
}

/** Sections of an event, without what is in them: application properties, body, and the one around it. */
const sectionsBytes = 28;
/** What properties take once there is a content type: fields in front of it, which are null. */
const propertiesBytes = 12;

/** What an event takes of a batch: exactly, or up to some tens of bytes more. */
export function wireBytesOf({ key, value, headers }: EncodedEvent): number {
  let bytes = sectionsBytes + (value?.byteLength ?? 0);
  if (key !== null) bytes += entryBytes(keyProperty, key);
  for (const [name, header] of headers) bytes += entryBytes(name, header);
  return headers.some(([name]) => name === contentTypeHeader) ? bytes + propertiesBytes : bytes;
}

function entryBytes(name: string, part: string | Uint8Array): number {
  return (
    variableBytes(Buffer.byteLength(name)) +
    variableBytes(typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength)
  );
}

function variableBytes(length: number): number {
  return length < 256 ? length + 2 : length + 5;
}

function reserved(name: string): StreamError {
  return new StreamError('invalid-header', `header "${name}" is reserved. Choose another name`, {
    where: 'event-hubs',
    outcome: 'not-written',
  });
}

/** Events as one batch: the service takes it apart again, and stores all of it or nothing. */
export function toBatch(events: readonly EncodedEvent[]): Buffer {
  return encodeBatch(events.map(toMessage));
}

/** What the service says of an event besides what its sender said. */
export interface Annotations {
  readonly sequenceNumber: number;
  /** Opaque: a number in most namespaces, something else in replicated ones. */
  readonly offset: string;
  readonly enqueuedMs: number;
  readonly partitionKey: Key;
}

/** What a Date can hold; the service stamps events by its own clock. */
const longestMs = 8.64e15;

/** Throws `unavailable` for a message without what every event of the service has: the next link may bring it. */
export function annotationsOf({ annotations }: AmqpMessage): Annotations {
  let sequenceNumber: number | undefined;
  let offset: string | Buffer | undefined;
  let enqueuedMs = 0;
  let partitionKey: Key = null;
  for (const entry of annotations)
    switch (entry.name) {
      case 'x-opt-sequence-number':
        sequenceNumber = numberOf(entry);
        break;
      case 'x-opt-offset':
        offset = textOfPlain(entry);
        break;
      case 'x-opt-enqueued-time':
        enqueuedMs = timeOf(entry);
        break;
      case 'x-opt-partition-key':
        partitionKey = isText(entry) ? keyOf(textOfPlain(entry)) : null;
    }
  if (sequenceNumber === undefined || typeof offset !== 'string')
    throw new StreamError(
      'unavailable',
      'an event came without sequence number or offset. The reader is opened again',
      {
        where: 'event-hubs',
      },
    );
  return { sequenceNumber, offset, enqueuedMs, partitionKey };
}

/** The event that a message holds, whoever wrote it. */
export function fromMessage(
  bytes: Buffer,
  stored: AmqpMessage,
  annotations: Annotations,
  partition: string,
): StoredEvent {
  const { sequenceNumber, enqueuedMs, partitionKey } = annotations;
  const headers: Header[] = [];
  let key = partitionKey;
  if (stored.contentType !== undefined) headers.push([contentTypeHeader, stored.contentType]);
  for (const [name, value] of stored.properties) {
    if (name === keyProperty) key = keyOf(value);
    else headers.push([name === protoProperty ? '__proto__' : name, owned(value)]);
  }
  return {
    partition,
    position: String(sequenceNumber),
    timestamp: enqueuedMs,
    key,
    value: stored.body === null ? null : Buffer.from(stored.body),
    headers,
    // Few ask for it.
    get native() {
      return stored.isWhole ? nativeOf(bytes) : undefined;
    },
  };
}

/** The message as the AMQP layer reads it, which trusts what lengths say; `undefined` where it cannot. */
function nativeOf(bytes: Buffer): unknown {
  try {
    return message.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Copied: what comes from the connection is a view of everything that came with it. */
function owned(part: string | Buffer): string | Uint8Array {
  return typeof part === 'string' ? part : Buffer.from(part);
}

function keyOf(part: string | Buffer): Key {
  return typeof part === 'string' ? part : keyFromBytes(Buffer.from(part));
}

function numberOf({ value, isTime }: PlainEntry): number | undefined {
  return typeof value === 'number' && !isTime && value >= 0 ? value : undefined;
}

/** Whether it can be a key: a time can, as text; numbers and null cannot. */
function isText({ value, isTime }: PlainEntry): boolean {
  return isTime || (typeof value !== 'number' && value !== null);
}

function timeOf({ value }: PlainEntry): number {
  const ms = typeof value !== 'string' ? value : /^-?\d+$/.test(value) ? Number(value) : Date.parse(value);
  return typeof ms !== 'number' || Number.isNaN(ms) ? 0 : Math.max(-longestMs, Math.min(longestMs, ms));
}
