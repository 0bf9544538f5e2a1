import { StreamError } from '../errors/stream-error.ts';
import type { EventInput } from '../model/topic.ts';

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

/** Throws `invalid-key` for a key that some provider could not carry; empty is a key, and not the same as none. */
export function checkKey(key: unknown, topic: string): asserts key is string {
  if (typeof key !== 'string')
    throw refuse('invalid-key', topic, `the key is ${describe(key)}. Return text from key()`);
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

/** Throws `invalid-header` for headers that some provider could not carry. */
export function checkHeaders(headers: Readonly<Record<string, string>>, topic: string): void {
  const names = Object.keys(headers);
  if (names.length > maxHeaders)
    throw refuse(
      'invalid-header',
      topic,
      `${names.length} headers. At most ${maxHeaders} are portable; move some into data`,
    );
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

/** Throws `invalid-event` for attributes that are none, or that some provider could not carry. */
export function checkAttributes(input: EventInput, topic: string): void {
  const { time } = input;
  if (time !== undefined && !(time instanceof Date && Number.isFinite(time.getTime())))
    throw refuse('invalid-event', topic, 'time is no valid Date. Leave it out for the time of the call');
  for (const name of ['id', 'source', 'subject'] as const) {
    const value: unknown = input[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || value === '' || Buffer.byteLength(value) > maxValueBytes || !value.isWellFormed())
      throw refuse(
        'invalid-event',
        topic,
        `${name} is not 1 to ${maxValueBytes} bytes of well-formed text. Leave it out, or shorten it`,
      );
  }
}

function refuse(code: 'invalid-event' | 'invalid-key' | 'invalid-header', topic: string, message: string): StreamError {
  return new StreamError(code, `topic "${topic}": ${message}`, { where: 'producer', outcome: 'not-written' });
}

function describe(value: unknown): string {
  return value === null ? 'null' : `of type ${typeof value}`;
}
