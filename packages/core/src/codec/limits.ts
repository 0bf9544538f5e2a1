import { types } from 'node:util';
import { StreamError } from '../errors/stream-error.ts';
import { isDataSchema } from '../model/data-schema.ts';
import type { EventInput } from '../model/event.ts';

/**
 * What every provider can carry: keys are bounded by Kinesis (256 characters) and Pub/Sub (1,024 bytes), header names and
 * values by Pub/Sub (256 and 1,024 bytes, 100 attributes, of which CloudEvents takes some).
 */
const maxKeyCharacters = 256;
const maxKeyBytes = 1_024;
const maxHeaders = 64;
const maxValueBytes = 1_024;
const headerName = /^[\u0021-\u007e]{1,128}$/;
const reservedName = /^(?:ce[_-]|cloudevents|goog|isostream-|content-type$)/i;

const extensionName = /^[a-z0-9]{1,64}$/;
/** What CloudEvents defines itself, and the key, which the topic's function says. */
const attributeNames = new Set([
  ...[
    'specversion',
    'id',
    'type',
    'source',
    'time',
    'subject',
    'datacontenttype',
    'dataschema',
    'data',
    'partitionkey',
  ],
]);

/** Throws `invalid-key` for a key that some provider could not carry; empty is a key, and not the same as none. */
export function checkKey(key: unknown, topic: string, cure = 'Return text from key()'): asserts key is string {
  if (typeof key !== 'string') throw refuse('invalid-key', topic, `the key is ${describe(key)}. ${cure}`);
  if (key.length <= 85 && key.isWellFormed()) return;
  if (Array.from(key).length > maxKeyCharacters || Buffer.byteLength(key) > maxKeyBytes)
    throw refuse(
      'invalid-key',
      topic,
      `the key has ${key.length} characters. At most ${maxKeyCharacters} characters and ${maxKeyBytes} bytes are portable; use a hash of it`,
    );
  if (!key.isWellFormed())
    throw refuse(
      'invalid-key',
      topic,
      'the key is not well-formed text (a lone surrogate). Encode it, in base64 for example',
    );
}

/** What an event may say; `key` only as an event that was received has it, and a tombstone. */
const inputNames = new Set([
  ...['type', 'data', 'id', 'time', 'subject', 'source', 'dataSchema', 'extensions', 'headers', 'key'],
]);

/** Throws `invalid-event` for what is not an event, and for fields that would be left out without a word. */
export function checkInput(input: unknown, topic: string): void {
  if (!isRecord(input))
    throw refuse('invalid-event', topic, `the event is ${describe(input)}. Give an object with type and data`);
  for (const name in input) {
    if (!inputNames.has(name) && input[name] !== undefined)
      throw refuse(
        'invalid-event',
        topic,
        `an event has no field ${JSON.stringify(name)}. Valid fields: ${[...inputNames].join(', ')}. Put your own into data, headers or extensions`,
      );
  }
}

/** Throws `invalid-key` for a key that the event brings along and that its topic does not give it. */
export function checkOwnKey(input: object, key: string | null, topic: string): void {
  if ('key' in input && input.key !== undefined && input.key !== key)
    throw refuse(
      'invalid-key',
      topic,
      'the event has a key that is not the one of the topic’s key function. Leave it out: the key function decides',
    );
}

/** Throws `invalid-header` for headers that some provider could not carry, and `invalid-event` for such extensions. */
export function checkHeaders(headers: unknown, extensions: unknown, topic: string): void {
  if (!isRecord(headers))
    throw refuse('invalid-header', topic, `headers are ${describe(headers)}. Give an object of names and text`);
  if (!isRecord(extensions))
    throw refuse('invalid-event', topic, `extensions are ${describe(extensions)}. Give an object of names and values`);
  const names = Object.keys(headers);
  const extensionNames = Object.keys(extensions);
  if (names.length + extensionNames.length > maxHeaders)
    throw refuse(
      'invalid-header',
      topic,
      `${names.length} headers and ${extensionNames.length} extensions. At most ${maxHeaders} together are portable; move some into data`,
    );
  for (const name of extensionNames) checkExtension(name, extensions[name], topic);
  for (const name of names) {
    if (!headerName.test(name))
      throw refuse(
        'invalid-header',
        topic,
        `header name ${JSON.stringify(name)}. Use 1 to 128 printable ASCII characters without spaces`,
      );
    if (reservedName.test(name))
      throw refuse(
        'invalid-header',
        topic,
        `header name ${JSON.stringify(name)} is reserved. Choose one that does not start with ce_, ce-, cloudEvents, goog or isostream-`,
      );
    const value: unknown = headers[name];
    if (typeof value !== 'string')
      throw refuse('invalid-header', topic, `header ${JSON.stringify(name)} is ${describe(value)}. Give text`);
    if (Buffer.byteLength(value) > maxValueBytes || !value.isWellFormed())
      throw refuse(
        'invalid-header',
        topic,
        `header ${JSON.stringify(name)}. A value is at most ${maxValueBytes} bytes of well-formed text; move it into data`,
      );
  }
}

/** As CloudEvents has them: lower-case letters and digits, text, a boolean or a 32-bit integer. */
function checkExtension(name: string, value: unknown, topic: string): void {
  const called = `extension ${JSON.stringify(name)}`;
  if (!extensionName.test(name))
    throw refuse('invalid-event', topic, `${called}. A name is 1 to 64 lower-case letters and digits`);
  if (attributeNames.has(name) || name.startsWith('isostream'))
    throw refuse('invalid-event', topic, `${called} is the name of an attribute. Choose another one`);
  if (
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31)
  )
    return;
  if (typeof value !== 'string' || Buffer.byteLength(value) > maxValueBytes || !value.isWellFormed())
    throw refuse(
      'invalid-event',
      topic,
      `${called}. A value is a boolean, a 32-bit integer, or at most ${maxValueBytes} bytes of well-formed text`,
    );
}

/** Throws `invalid-event` for attributes that are none, or that some provider could not carry. */
export function checkAttributes(input: EventInput, topic: string): void {
  const { time } = input;
  if (time !== undefined && !(types.isDate(time) && isWritable(time)))
    throw refuse(
      'invalid-event',
      topic,
      'time is not a Date within the years 0 to 9999. Leave it out for the time of the call',
    );
  for (const name of ['id', 'source', 'subject', 'dataSchema'] as const) {
    const value: unknown = input[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > maxValueBytes || !value.isWellFormed())
      throw refuse(
        'invalid-event',
        topic,
        `${name} is not 1 to ${maxValueBytes} bytes of well-formed text. Leave it out, or shorten it`,
      );
  }
  if (input.dataSchema !== undefined && !isDataSchema(input.dataSchema))
    throw refuse(
      'invalid-event',
      topic,
      'dataSchema is not an absolute URI. Give one such as https://example.com/order.json',
    );
}

/** RFC 3339 has years of four digits. */
function isWritable(time: Date): boolean {
  const year = time.getUTCFullYear();
  return year >= 0 && year <= 9_999;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(code: 'invalid-event' | 'invalid-key' | 'invalid-header', topic: string, message: string): StreamError {
  return new StreamError(code, `topic "${topic}": ${message}`, { where: 'producer', outcome: 'not-written' });
}

function describe(value: unknown): string {
  return value === null ? 'null' : `of type ${typeof value}`;
}
