import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Codec, Decoded } from '../src/codec/codec.ts';
import { createCodec } from '../src/codec/create-codec.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { defineTopic } from '../src/model/define-topic.ts';
import type { EncodedEvent, Header } from '../src/model/encoded.ts';
import type { Schema } from '../src/model/schema.ts';
import type { EventInput, StreamEvent } from '../src/model/event.ts';
import { bytes, text } from './support/arbitraries.ts';
import { capabilities, withoutHeaders } from './support/capabilities.ts';
import { ManualClock } from './support/manual-clock.ts';
import { anything, schemaOf } from './support/schema.ts';
import { encodedBy, store } from './support/stored.ts';

const orderSchema = schemaOf<{ total: number }>((value) =>
  isOrder(value) ? { value } : { issues: [{ message: 'expected a number', path: ['order', { key: 'total' }] }] },
);

describe('what encode refuses', () => {
  it('names the types that a topic declares', async () => {
    expect(await failure(codecOf(orderSchema), { type: 'order.lost', data: { total: 1 } })).toMatchObject({
      code: 'invalid-event',
      message: expect.stringContaining('"order.lost" is not declared. Valid types: order.placed'),
    });
  });

  it('names the field that a schema refuses', async () => {
    const error = await failure(codecOf(orderSchema), { type: 'order.placed', data: { total: 'nine' } });
    expect(error).toMatchObject({
      code: 'schema-violation',
      message: expect.stringContaining('order.total: expected a number'),
    });
  });

  it('waits for a schema that answers later', async () => {
    const slow = schemaOf<{ total: number }>(async (value) =>
      isOrder(value) ? { value } : { issues: [{ message: 'no order' }] },
    );
    const codec = codecOf(slow);
    expect(await failure(codec, { type: 'order.placed', data: {} })).toMatchObject({ code: 'schema-violation' });

    const encoded = await encodedBy(codec, { type: 'order.placed', data: { total: 9 } });
    expect(await codec.decode(store(encoded))).toMatchObject({ ok: true, event: { data: { total: 9 } } });
  });

  it('stores what was given, not what the schema made of it: the reader applies the schema again', async () => {
    const doubling = schemaOf<number>((value) => ({ value: Number(value) * 2 }));
    const codec = codecOf(doubling);
    const encoded = await encodedBy(codec, { type: 'order.placed', data: 4 });
    expect(Buffer.from(encoded.value ?? []).toString()).toBe('4');
    expect(await codec.decode(store(encoded))).toMatchObject({ event: { data: 8 } });
  });

  it.each([
    ['a symbol', Symbol('s')],
    ['a function', () => 1],
    ['a bigint', { total: 1n }],
  ])('refuses data that JSON cannot say: %s', async (_, data) => {
    expect(await failure(codecOf(anything), { type: 'order.placed', data })).toMatchObject({ code: 'invalid-event' });
  });

  it('takes a failing key function for an invalid event, with its error as cause', async () => {
    const cause = new Error('no id');
    const topic = defineTopic('orders', {
      events: { 'order.placed': anything },
      key: () => {
        throw cause;
      },
    });
    expect(await failure(createCodec(topic, options()), { type: 'order.placed', data: 1 })).toMatchObject({
      code: 'invalid-event',
      cause,
    });
  });

  it.each([
    ['a time that is none', { time: new Date(Number.NaN) }, /time/],
    ['an empty id', { id: '' }, /id/],
    ['half a character in an id', { id: '\ud834' }, /id/],
    ['an id of 1,025 bytes', { id: 'x'.repeat(1_025) }, /id/],
    ['a source of 1,025 bytes', { source: 'x'.repeat(1_025) }, /source/],
    ['half a character in a subject', { subject: '\ud834' }, /subject/],
  ])('refuses %s', async (_, attributes, message) => {
    for (const provider of [capabilities(), withoutHeaders]) {
      const error = await failure(codecOf(anything, provider), { type: 'order.placed', data: 1, ...attributes });
      expect(error.code).toBe('invalid-event');
      expect(error.message).toMatch(message);
    }
  });

  it('says of each refusal that nothing was written', async () => {
    const codec = codecOf(orderSchema);
    const events: EventInput[] = [
      { type: 'order.lost', data: 1 },
      { type: 'order.placed', data: 1 },
      { type: 'order.placed', data: { total: 1 }, headers: { ce_id: 'x' } },
      { type: 'order.placed', data: { total: 1 }, time: new Date(Number.NaN) },
    ];
    for (const refused of events)
      expect(await failure(codec, refused)).toMatchObject({ outcome: 'not-written', retryable: false });
  });

  it('takes a schema that throws for one that refuses', async () => {
    const later = codecOf(schemaOf(() => Promise.reject(new TypeError('cannot read later'))));
    expect(await failure(later, { type: 'order.placed', data: 1 })).toMatchObject({ code: 'schema-violation' });
    expect(await failure(codecOf(throwing), { type: 'order.placed', data: 1 })).toMatchObject({
      code: 'schema-violation',
      message: expect.stringContaining('cannot read'),
    });
  });
});

describe('what decode cannot read', () => {
  it.each<[string, Partial<EncodedEvent>, RegExp]>([
    ['no CloudEvent', { value: Buffer.from('hello') }, /^undecodable.*the bytes are not a CloudEvent/],
    ['nothing at all', { value: new Uint8Array(0) }, /^undecodable.*the bytes are not a CloudEvent/],
    [
      'JSON that is no CloudEvent',
      { value: Buffer.from('{"total":9}') },
      /^undecodable.*the bytes are not a CloudEvent/,
    ],
    [
      'a CloudEvent without a type',
      { headers: binary({ type: undefined }), value: Buffer.from('1') },
      /^undecodable.*the bytes are not a CloudEvent/,
    ],
    [
      'JSON that looks like a CloudEvent and does not say so',
      { value: Buffer.from('{"id":"1","type":"order.placed","source":"/","data":{"total":9}}') },
      /^undecodable.*the bytes are not a CloudEvent/,
    ],
    [
      'half of a structured event',
      { value: Buffer.from('{"specversion":') },
      /^undecodable.*the bytes are not a CloudEvent/,
    ],
    [
      'a type that the topic does not declare',
      { headers: binary({ type: 'order.lost' }), value: Buffer.from('1') },
      /^undecodable.*"order.lost" is not declared/,
    ],
    [
      'data that is not JSON',
      { headers: binary({}), value: Buffer.from('{"total":') },
      /^undecodable.*is not valid application.json/,
    ],
    [
      'JSON that is no UTF-8',
      { headers: binary({}), value: latin1('"grüß"') },
      /^undecodable.*is not valid application.json/,
    ],
    [
      'text that is no UTF-8',
      { headers: [...binary({}), ['content-type', 'text/plain']], value: latin1('grüß') },
      /^undecodable.*is not valid text.plain/,
    ],
    [
      'a structured event that is no UTF-8',
      { value: latin1('{"specversion":"1.0","id":"ü","type":"order.placed","source":"/","data":{"total":9}}') },
      /^undecodable.*the bytes are not a CloudEvent/,
    ],
    [
      'data that the schema refuses',
      { headers: binary({}), value: Buffer.from('{"total":"nine"}') },
      /^schema-violation.*order.total: expected a number/,
    ],
  ])('answers for %s', async (_, given, expected) => {
    const decoded = await codecOf(orderSchema).decode(store({ key: 'k', value: null, headers: [], ...given }));
    expect(decoded.ok ? 'decoded' : `${decoded.error.code} ${decoded.error.message}`).toMatch(expected);
    expect(decoded).toMatchObject({ ok: false, error: { where: 'consumer' } });
  });

  it('never throws, whatever is stored', async () => {
    const value = fc.oneof(
      bytes,
      fc.constant(null),
      fc.json().map((json) => Buffer.from(json)),
      fc
        .record({
          specversion: fc.jsonValue(),
          id: fc.jsonValue(),
          type: fc.constantFrom('order.placed', 1),
          source: text,
          data_base64: fc.jsonValue(),
          isostreamheaders: fc.oneof(text, fc.json()),
        })
        .map((attributes) => Buffer.from(JSON.stringify(attributes))),
    );
    const name = fc.oneof(
      text,
      fc.constantFrom('ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_time', 'content-type', 'ce___proto__'),
    );
    const header = fc.tuple(
      name,
      fc.oneof(text, bytes, fc.constantFrom('order.placed', 'application/json', 'text/plain')),
    );
    const headers = fc
      .tuple(fc.constantFrom([], binary({})), fc.array(header, { maxLength: 8 }))
      .map(([own, others]) => [...own, ...others]);
    await fc.assert(
      fc.asyncProperty(headers, value, fc.oneof(text, bytes, fc.constant(null)), async (given, stored, key) => {
        for (const schema of [orderSchema, anything, throwing]) {
          const decoded = await codecOf(schema).decode(store({ key, value: stored, headers: given }));
          if (!decoded.ok) expect(StreamError.is(decoded.error)).toBe(true);
        }
      }),
    );
  });
});

describe('CloudEvents of others', () => {
  it.each(['ce_', 'ce-', 'cloudEvents:', 'cloudEvents_'])(
    'reads binary mode with %s, whatever the provider writes itself',
    async (prefix) => {
      for (const provider of [capabilities(), withoutHeaders]) {
        const decoded = await codecOf(orderSchema, provider).decode(
          store({ key: 'k', value: Buffer.from('{"total":9}'), headers: binary({}, prefix) }),
        );
        expect(event(decoded)).toMatchObject({
          id: 'e-1',
          type: 'order.placed',
          source: '/others',
          subject: 'o-1',
          data: { total: 9 },
          headers: { tenant: 'blue' },
        });
      }
    },
  );

  it('reads structured mode on a provider with headers', async () => {
    const value = Buffer.from(
      JSON.stringify(
        { specversion: '1.0', id: 'e-1', type: 'order.placed', source: '/others', data: { total: 9 } },
        null,
        2,
      ),
    );
    const headers: Header[] = [['content-type', 'application/cloudevents+json']];
    expect(event(await codecOf(orderSchema).decode(store({ key: null, value, headers })))).toMatchObject({
      id: 'e-1',
      key: null,
      data: { total: 9 },
    });
  });

  it('takes the time of storing where theirs is missing or none', async () => {
    for (const time of [undefined, 'yesterday']) {
      const decoded = await codecOf(orderSchema).decode(
        store(
          { key: 'k', value: Buffer.from('{"total":9}'), headers: binary({ time }) },
          { timestamp: 1_600_000_000_000 },
        ),
      );
      expect(event(decoded).time).toEqual(new Date(1_600_000_000_000));
    }
  });

  it.each<[string | undefined, Uint8Array, unknown]>([
    [undefined, Buffer.from('[1]'), [1]],
    ['application/json; charset=utf-8', Buffer.from('[1]'), [1]],
    ['Application/JSON', Buffer.from('[1]'), [1]],
    ['application/vnd.order+json', Buffer.from('[1]'), [1]],
    ['text/plain', Buffer.from('grüß'), 'grüß'],
    ['application/avro', Uint8Array.of(0, 255), Uint8Array.of(0, 255)],
  ])('reads data of content type %s', async (contentType, value, data) => {
    const headers = binary({}).filter(([name]) => name !== 'content-type');
    if (contentType !== undefined) headers.push(['content-type', contentType]);
    const read = event(await codecOf(anything).decode(store({ key: 'k', value, headers }))).data;
    expect(read instanceof Uint8Array ? Uint8Array.from(read) : read).toEqual(data);
  });

  it('shows a key that is no text in base64', async () => {
    const decoded = await codecOf(orderSchema).decode(
      store({ key: Uint8Array.of(0xff, 0x00), value: Buffer.from('{"total":9}'), headers: binary({}) }),
    );
    expect(event(decoded).key).toBe('/wA=');
  });

  it.each(['null', '["x"]', '7', '{', '{"a":1}', ''])(
    'reads structured events whose extension is called as ours and holds %j',
    async (extension) => {
      const value = Buffer.from(
        JSON.stringify({
          specversion: '1.0',
          id: '1',
          type: 'order.placed',
          source: '/',
          data: 1,
          isostreamheaders: extension,
        }),
      );
      const { data, headers } = event(await codecOf(anything).decode(store({ key: 'k', value, headers: [] })));
      expect([data, headers]).toEqual([1, {}]);
    },
  );

  it('reads structured data in base64, and null as what it is', async () => {
    const read = async (data: object): Promise<unknown> => {
      const value = Buffer.from(
        JSON.stringify({ specversion: '1.0', id: '1', type: 'order.placed', source: '/', ...data }),
      );
      return event(await codecOf(anything).decode(store({ key: 'k', value, headers: [] }))).data;
    };
    expect(await read({ datacontenttype: 'application/octet-stream', data_base64: 'AP8=' })).toEqual(
      Buffer.from([0, 255]),
    );
    expect(await read({ data: null })).toBeNull();
  });
});

const throwing: Schema = schemaOf(() => {
  throw new TypeError('cannot read properties of undefined');
});

function codecOf(schema: Schema, provider = capabilities()): Codec<EventInput, StreamEvent> {
  return createCodec(defineTopic('orders', { events: { 'order.placed': schema }, key: () => 'k' }), options(provider));
}

function latin1(content: string): Uint8Array {
  return Buffer.from(content, 'latin1');
}

function options(provider = capabilities()) {
  return { capabilities: provider, source: 'shop', clock: new ManualClock() };
}

function binary(changes: Readonly<Record<string, string | undefined>>, prefix = 'ce_'): Header[] {
  const attributes: Record<string, string | undefined> = {
    specversion: '1.0',
    id: 'e-1',
    type: 'order.placed',
    source: '/others',
    subject: 'o-1',
    ...changes,
  };
  const headers: Header[] = [];
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) headers.push([`${prefix}${name}`, value]);
  return [...headers, ['content-type', 'application/json'], ['tenant', 'blue']];
}

async function failure(codec: Codec<EventInput, StreamEvent>, input: EventInput): Promise<StreamError> {
  try {
    await encodedBy(codec, input);
  } catch (error) {
    if (StreamError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function event(decoded: Decoded<StreamEvent>): StreamEvent {
  if (decoded.ok) return decoded.event;
  throw decoded.error;
}

function isOrder(value: unknown): value is { total: number } {
  return typeof value === 'object' && value !== null && 'total' in value && typeof value.total === 'number';
}
