import {
  type EncodedEvent,
  type Header,
  type Key,
  keyFromBytes,
  type StoredEvent,
  StreamError,
} from '@isostream/core/adapter';
import type { protos } from '@google-cloud/pubsub';

export type PubsubMessage = protos.google.pubsub.v1.IPubsubMessage;
export type ReceivedMessage = protos.google.pubsub.v1.IReceivedMessage;

/** The one partition of a provider without partitions. */
export const partition = 'all';

/** How a key that is not an ordering key travels: an empty one means "no order" to the service, and it takes text only. */
const keyAttribute = 'isostream-key';
/** What empty data means: a message may be without data only if it has attributes. */
const valueAttribute = 'isostream-value';
const emptyKey = 'isostream-empty-key';

const maxAttributes = 100;
const maxNameBytes = 256;
const maxValueBytes = 1_024;
const maxKeyBytes = 1_024;

/** What keeps events in order: equal for equal keys; empty for an event without one. */
export function orderingKey(key: Key): string {
  const known = key instanceof Uint8Array ? keyFromBytes(key) : key;
  if (known === null) return '';
  if (known === '') return emptyKey;
  return typeof known === 'string' ? known : Buffer.from(known).toString('base64');
}

/** The message for an event. Throws `invalid-header` or `invalid-key` for what the service refuses, also where an emulator takes it. */
export function toMessage(event: EncodedEvent): PubsubMessage {
  const attributes: Record<string, string> = {};
  for (const [name, value] of event.headers) {
    if (name === keyAttribute || name === valueAttribute)
      throw refuse('invalid-header', `header "${name}" is reserved`);
    define(attributes, name, typeof value === 'string' ? value : Buffer.from(value).toString('utf8'));
  }
  const key = event.key instanceof Uint8Array ? keyFromBytes(event.key) : event.key;
  if (key === '') attributes[keyAttribute] = 'empty';
  else if (key instanceof Uint8Array) attributes[keyAttribute] = 'base64';
  if (event.value === null) attributes[valueAttribute] = 'null';
  else if (event.value.byteLength === 0) attributes[valueAttribute] = 'empty';
  const ordered = orderingKey(key);
  checkAttributes(attributes);
  if (Buffer.byteLength(ordered) > maxKeyBytes)
    throw refuse('invalid-key', `the key has more than ${maxKeyBytes} bytes as an ordering key. Use a hash of it`);
  return { data: event.value ?? new Uint8Array(0), attributes, orderingKey: ordered };
}

/** The event of a message, whoever wrote it. */
export function fromMessage(received: ReceivedMessage): StoredEvent {
  const message = received.message ?? {};
  const headers: Header[] = [];
  const attributes = message.attributes ?? {};
  for (const name of Object.keys(attributes))
    if (name !== keyAttribute && name !== valueAttribute) headers.push([name, attributes[name] ?? '']);
  const data = bytesOf(message.data);
  return {
    key: keyOf(message.orderingKey ?? '', attributes[keyAttribute]),
    value: data.byteLength === 0 && attributes[valueAttribute] === 'null' ? null : data,
    headers,
    partition,
    position: message.messageId ?? '',
    timestamp: publishedAt(message),
    native: received,
  };
}

/** Milliseconds since the epoch, by the service's clock. */
function publishedAt({ publishTime }: PubsubMessage): number {
  const ms = Number(publishTime?.seconds ?? 0) * 1_000 + Math.floor((publishTime?.nanos ?? 0) / 1e6);
  return Number.isSafeInteger(ms) ? ms : 0;
}

function keyOf(ordered: string, carried: string | undefined): Key {
  if (carried === 'empty') return '';
  if (carried === 'base64') return Buffer.from(ordered, 'base64');
  return ordered === '' ? null : ordered;
}

function bytesOf(data: PubsubMessage['data']): Uint8Array {
  if (data === null || data === undefined) return new Uint8Array(0);
  return typeof data === 'string' ? Buffer.from(data, 'base64') : data;
}

function checkAttributes(attributes: Readonly<Record<string, string>>): void {
  const names = Object.keys(attributes);
  if (names.length > maxAttributes)
    throw refuse(
      'invalid-header',
      `${names.length} attributes. Pub/Sub takes ${maxAttributes}; move some into the value`,
    );
  for (const name of names) {
    const value = attributes[name] ?? '';
    if (name === '' || name.startsWith('goog') || Buffer.byteLength(name) > maxNameBytes)
      throw refuse(
        'invalid-header',
        `header name ${JSON.stringify(name)}. Pub/Sub takes 1 to ${maxNameBytes} bytes that do not start with "goog"`,
      );
    // Three bytes a UTF-16 unit at most, so most values need no count.
    if (value.length * 3 > maxValueBytes && Buffer.byteLength(value) > maxValueBytes)
      throw refuse('invalid-header', `header ${JSON.stringify(name)}. Pub/Sub takes ${maxValueBytes} bytes of text`);
  }
}

/** A header may be called `__proto__`: assigning it would be lost. */
function define(attributes: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__')
    Object.defineProperty(attributes, name, { value, enumerable: true, configurable: true, writable: true });
  else attributes[name] = value;
}

function refuse(code: 'invalid-header' | 'invalid-key', message: string): StreamError {
  return new StreamError(code, message, { where: 'pubsub', outcome: 'not-written' });
}
