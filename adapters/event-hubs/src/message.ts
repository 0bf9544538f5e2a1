import {
  type EncodedEvent,
  type Header,
  type Key,
  keyFromBytes,
  type StoredEvent,
  StreamError,
} from '@isostream/core/adapter';
import { message } from 'rhea-promise';
import type { AmqpMessage } from './amqp/message.ts';
import { textOf, type Value } from './amqp/values.ts';

/** The key travels here: a batch for one partition holds many keys, and the service's own annotation is for one. */
const keyProperty = 'isostream-key';
/** JavaScript objects cannot hold an entry of this name, and the client makes one of the properties. */
const protoProperty = 'isostream-proto';
const contentTypeHeader = 'content-type';
const isSymbol = /^[\u0020-\u007e]+$/;

/** An event as an encoded AMQP message: bytes in a data section, a tombstone as the value null. Throws `invalid-header` for our own properties. */
export function toMessage({ key, value, headers }: EncodedEvent): Buffer {
  const properties: Record<string, string | Buffer> = {};
  let contentType: string | undefined;
  for (const [name, header] of headers) {
    if (name === keyProperty || name === protoProperty) throw reserved(name);
    if (name === contentTypeHeader && typeof header === 'string' && isSymbol.test(header)) contentType = header;
    else properties[name === '__proto__' ? protoProperty : name] = textOrBuffer(header);
  }
  if (key !== null) properties[keyProperty] = textOrBuffer(key);
  const body: unknown = value === null ? null : message.data_section(buffer(value));
  return message.encode({
    body,
    application_properties: properties,
    ...(contentType === undefined ? {} : { content_type: contentType }),
  });
}

/** Sections of an event, without what is in them: header, properties, application properties, body, and the one around it. */
const sectionsBytes = 36;
/** What properties take once there is a content type: fields in front of it, which are null. */
const propertiesBytes = 14;

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
  const body: unknown = message.data_sections(events.map(toMessage));
  return message.encode({ body });
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
  const sequenceNumber = numberOf(annotations.get('x-opt-sequence-number'));
  const offset = annotations.get('x-opt-offset');
  const text = offset === undefined ? undefined : textOf(offset);
  if (sequenceNumber === undefined || typeof text !== 'string')
    throw new StreamError(
      'unavailable',
      'an event came without sequence number or offset. The reader is opened again',
      {
        where: 'event-hubs',
      },
    );
  const key = annotations.get('x-opt-partition-key');
  return {
    sequenceNumber,
    offset: text,
    enqueuedMs: timeOf(annotations.get('x-opt-enqueued-time')),
    partitionKey: key === undefined || key.kind === 'literal' ? null : keyOf(textOf(key)),
  };
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

function numberOf(value: Value | undefined): number | undefined {
  const number = value?.kind === 'literal' && /^\d+$/.test(value.text) ? Number(value.text) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

function timeOf(value: Value | undefined): number {
  const text = value === undefined ? '0' : textOf(value);
  const ms = typeof text !== 'string' ? 0 : /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(ms) ? 0 : Math.max(-longestMs, Math.min(longestMs, ms));
}

function textOrBuffer(part: string | Uint8Array): string | Buffer {
  return typeof part === 'string' ? part : buffer(part);
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
