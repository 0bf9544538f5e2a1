import {
  type EncodedEvent,
  type Header,
  type Key,
  keyFromBytes,
  type StoredEvent,
  StreamError,
} from '@isostream/core/adapter';
import { type Message, message } from 'rhea-promise';

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
  readonly partitionKey: string | undefined;
}

/** Throws a RangeError for a message without what every event of the service has. */
export function annotationsOf({ message_annotations }: Message): Annotations {
  const annotations: Readonly<Record<string, unknown>> = message_annotations ?? {};
  const sequenceNumber = annotations['x-opt-sequence-number'];
  const offset = annotations['x-opt-offset'];
  const enqueued = annotations['x-opt-enqueued-time'];
  const partitionKey = annotations['x-opt-partition-key'];
  if (typeof sequenceNumber !== 'number' || typeof offset !== 'string')
    throw new RangeError('an event came without sequence number or offset');
  return {
    sequenceNumber,
    offset,
    enqueuedMs: enqueued instanceof Date ? enqueued.getTime() : Number(enqueued ?? 0),
    partitionKey: typeof partitionKey === 'string' ? partitionKey : undefined,
  };
}

/** The event that a message holds, whoever wrote it. */
export function fromMessage(stored: Message, annotations: Annotations, partition: string): StoredEvent {
  const { sequenceNumber, enqueuedMs, partitionKey } = annotations;
  const headers: Header[] = [];
  let key: Key = partitionKey ?? null;
  if (typeof stored.content_type === 'string') headers.push([contentTypeHeader, stored.content_type]);
  for (const [name, value] of Object.entries<unknown>(stored.application_properties ?? {})) {
    if (name !== keyProperty) headers.push([name === protoProperty ? '__proto__' : name, headerOf(value)]);
    else key = typeof value === 'string' ? value : Buffer.isBuffer(value) ? keyFromBytes(Buffer.from(value)) : key;
  }
  return {
    partition,
    position: String(sequenceNumber),
    timestamp: enqueuedMs,
    key,
    value: bodyOf(stored.body),
    headers,
    native: stored,
  };
}

/** Application properties of others may have any AMQP type. */
function headerOf(value: unknown): string | Uint8Array {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (value instanceof Date) return value.toISOString();
  return JSON.stringify(value) ?? '';
}

const dataSection = 0x75;

function bodyOf(body: unknown): Uint8Array | null {
  if (body === null || body === undefined) return null;
  if (typeof body === 'string') return Buffer.from(body);
  // Copied: what comes from the connection is a view of everything that came with it.
  if (Buffer.isBuffer(body)) return Buffer.from(body);
  if (typeof body === 'object' && 'typecode' in body && 'content' in body) {
    const { typecode, content } = body;
    if (typecode !== dataSection) return Buffer.from(JSON.stringify(content));
    if (Buffer.isBuffer(content)) return Buffer.from(content);
    if (Array.isArray(content)) return Buffer.concat(content.filter((part) => Buffer.isBuffer(part)));
    return null;
  }
  return Buffer.from(JSON.stringify(body));
}

function textOrBuffer(part: string | Uint8Array): string | Buffer {
  return typeof part === 'string' ? part : buffer(part);
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
