import { types } from 'node:util';
import { StreamError } from '../errors/stream-error.ts';
import type { EncodedEvent, Header } from '../model/encoded.ts';
import type { Topic } from '../model/define-topic.ts';
import type { RawEvent, RawInput } from '../model/event.ts';
import type { Codec, CodecOptions } from './codec.ts';
import { unwrap, wrap } from './wrapper.ts';

/**
 * Bytes as they stand, both ways; headers that the provider's own cannot carry are refused. Where it has none at all,
 * an event that has some, or no payload, travels in a wrapper, and every other one bare.
 */
export function rawCodec(
  { name: topic, storedTime = 'sender' }: Pick<Topic, 'name' | 'storedTime'>,
  { capabilities }: CodecOptions,
): Codec<RawInput, RawEvent> {
  const keepsTimes = storedTime === 'sender' && capabilities.storedTime === 'sender';
  return {
    encode(input): EncodedEvent {
      checkRawInput(input, topic);
      if (!isBytes(input.value))
        throw invalid('invalid-event', topic, 'value must be a Uint8Array, or null for a tombstone');
      if (typeof input.key !== 'string' && !isBytes(input.key))
        throw invalid('invalid-key', topic, 'key must be text, a Uint8Array or null');
      if (typeof input.key === 'string' && !input.key.isWellFormed())
        throw invalid('invalid-key', topic, 'the key is not well-formed text (a lone surrogate). Give its bytes');
      if (input.time !== undefined && !(types.isDate(input.time) && Number.isFinite(input.time.getTime())))
        throw invalid('invalid-event', topic, 'time is not a valid Date. Leave it out for the time of the call');
      if (input.time !== undefined && !keepsTimes)
        throw invalid(
          'unsupported',
          topic,
          'time is given, and the service alone says when an event was stored. Leave it out, and tell the event’s own time in a header',
        );
      const { key, value, time } = input;
      const encoded = {
        key: typeof key === 'string' ? key : owned(key),
        value: owned(value),
        headers: input.headers === undefined ? [] : ownedHeaders(input.headers, capabilities.headers, topic),
      };
      return wrap(time === undefined ? encoded : { ...encoded, timestamp: time.getTime() }, capabilities);
    },
    decode(stored) {
      const { key, value, headers, timestamp } = capabilities.headers === 'none' ? unwrap(stored) : stored;
      // Copies: what a handler changes must not be in its next attempt, nor in the dead letter.
      const event = {
        key: key === null || typeof key === 'string' ? key : Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        headers: headers.map(copyOf),
        time: new Date(timestamp),
      };
      return { ok: true, event };
    },
  };
}

/** What the caller does with its buffer after `send` must not reach what is sent. */
function owned<Bytes extends Uint8Array | null>(bytes: Bytes): Bytes | Buffer {
  return bytes === null ? bytes : Buffer.from(bytes);
}

/** The headers, checked, as they are now. */
function ownedHeaders(given: unknown, carries: 'bytes' | 'text' | 'none', topic: string): readonly Header[] {
  if (!Array.isArray(given)) throw noHeaders(topic);
  const pairs: readonly unknown[] = given;
  const headers: Header[] = [];
  // Looked at only where a name must not repeat and can.
  const names = carries === 'text' && pairs.length > 1 ? new Set<string>() : undefined;
  for (const pair of pairs) {
    if (!isPair(pair)) throw noHeaders(topic);
    const [name, value] = pair;
    if (typeof value !== 'string' && (carries === 'text' || !types.isUint8Array(value)))
      throw invalid('invalid-header', topic, `header ${JSON.stringify(name)} must be text`);
    if (!name.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()))
      throw invalid(
        'invalid-header',
        topic,
        `header ${JSON.stringify(name)} is not well-formed text (a lone surrogate). Encode it, in base64 for example`,
      );
    if (names?.has(name) === true)
      throw invalid('invalid-header', topic, `header ${JSON.stringify(name)} is given twice`);
    names?.add(name);
    headers.push([name, typeof value === 'string' ? value : owned(value)]);
  }
  return headers;
}

function noHeaders(topic: string): StreamError {
  return invalid('invalid-header', topic, 'headers must be a list of pairs. Give [[name, value], …]');
}

function copyOf([name, value]: Header): Header {
  return [name, typeof value === 'string' ? value : Buffer.from(value)];
}

const inputNames = new Set(['key', 'value', 'headers', 'time']);

function checkRawInput(input: unknown, topic: string): void {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw invalid('invalid-event', topic, 'the event is not an object. Give one with key and value');
  for (const name in input) {
    if (!inputNames.has(name))
      throw invalid(
        'invalid-event',
        topic,
        `an event of a raw topic has no field ${JSON.stringify(name)}. Valid fields: ${[...inputNames].join(', ')}`,
      );
  }
}

function isPair(pair: unknown): pair is readonly [name: string, value: unknown] {
  return Array.isArray(pair) && typeof pair[0] === 'string';
}

function isBytes(value: unknown): value is Uint8Array | null {
  return value === null || types.isUint8Array(value);
}

function invalid(
  code: 'invalid-event' | 'invalid-key' | 'invalid-header' | 'unsupported',
  topic: string,
  message: string,
): StreamError {
  return new StreamError(code, `topic "${topic}": ${message}`, { where: 'producer', outcome: 'not-written' });
}
