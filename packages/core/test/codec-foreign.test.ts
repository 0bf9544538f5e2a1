import { describe, expect, it } from 'vitest';
import type { Codec, Decoded } from '../src/codec/codec.ts';
import { createCodec } from '../src/codec/create-codec.ts';
import type { Capabilities } from '../src/contract/capabilities.ts';
import { defineTopic } from '../src/model/define-topic.ts';
import type { Header } from '../src/model/encoded.ts';
import type { Schema } from '../src/model/schema.ts';
import type { EventInput, StreamEvent } from '../src/model/event.ts';
import { capabilities, withoutHeaders } from './support/capabilities.ts';
import { ManualClock } from './support/manual-clock.ts';
import { refusal } from './support/refusal.ts';
import { anything, schemaOf } from './support/schema.ts';
import { encodedBy, store } from './support/stored.ts';

const prefixes = ['ce_', 'ce-', 'cloudEvents:', 'cloudEvents_'];
const providers: readonly (readonly [string, Capabilities])[] = [
  ['with headers', capabilities()],
  ['without headers', withoutHeaders],
];
const utf16 = Buffer.from('grüß', 'utf16le');

describe('data of others is what its content type says', () => {
  it.each<[contentType: string | undefined, member: object, data: unknown]>([
    ['text/plain', { data: 'hi' }, 'hi'],
    ['text/plain; charset=utf-8', { data: '' }, ''],
    ['text/plain', { data_base64: Buffer.from('grüß').toString('base64') }, 'grüß'],
    ['application/xml', { data: '<a/>' }, '<a/>'],
    ['image/svg+xml', { data: '<svg/>' }, '<svg/>'],
    ['application/octet-stream', { data: 'text all the same' }, 'text all the same'],
    ['application/json', { data: 'hi' }, 'hi'],
    ['application/json', { data: '{"a":1}' }, '{"a":1}'],
    ['text/plain', { data: { a: 1 } }, { a: 1 }],
    [undefined, { data: 'hi' }, 'hi'],
    [undefined, { data: null }, null],
    ['application/json', { data_base64: Buffer.from('[1]').toString('base64') }, [1]],
    ['application/avro', { data_base64: 'AP8=' }, Buffer.of(0, 255)],
    [undefined, { data_base64: 'AP8=' }, Buffer.of(0, 255)],
    ['application/json', {}, undefined],
    ['text/plain', {}, undefined],
  ])('in structured mode: %s, %j', async (contentType, member, data) => {
    const event = { ...attributes, ...(contentType === undefined ? {} : { datacontenttype: contentType }), ...member };
    for (const provider of providers) {
      for (const before of ['', ' \r\n\t', '\ufeff']) {
        const value = Buffer.from(before + JSON.stringify(event, null, before === '' ? 0 : 2));
        expect(read(await codecOf(provider[1]).decode(store({ key: 'k', value, headers: [] }))).data).toEqual(data);
      }
    }
  });

  it.each<[contentType: string | undefined, bytes: Uint8Array, data: unknown]>([
    ['text/plain', Buffer.from('hi'), 'hi'],
    ['TEXT/PLAIN;charset="UTF-8"', Buffer.from('grüß'), 'grüß'],
    ['text/plain', Buffer.from('was \ufffd before'), 'was \ufffd before'],
    ['application/json', Buffer.from('"\ufffd"'), '\ufffd'],
    ['text/plain; charset=utf-16', utf16, 'grüß'],
    ['text/plain; charset=iso-8859-1', Buffer.from('grüß', 'latin1'), 'grüß'],
    ['text/plain', Buffer.of(), ''],
    ['application/xml', Buffer.from('<a/>'), '<a/>'],
    ['application/soap+xml', Buffer.from('<a/>'), '<a/>'],
    ['application/json-seq', Buffer.from('\u001e1\n'), '\u001e1\n'],
    ['text/json', Buffer.from('[1]'), [1]],
    ['application/json', Buffer.from('\ufeff[1]'), [1]],
    ['application/json', Buffer.from('null'), null],
    ['application/octet-stream', Buffer.from('hi'), Buffer.from('hi')],
    ['application/octet-stream', Buffer.of(), Buffer.of()],
    ['application/protobuf', Buffer.of(0, 255), Buffer.of(0, 255)],
    [undefined, Buffer.of(), undefined],
    ['application/json', Buffer.of(), undefined],
  ])('in binary mode: %s', async (contentType, value, data) => {
    for (const prefix of prefixes) {
      const names = contentType === undefined ? [] : ['content-type', 'Content-Type', `${prefix}datacontenttype`];
      for (const name of contentType === undefined ? [''] : names) {
        const headers = binary(prefix, contentType === undefined ? {} : {});
        if (contentType !== undefined) headers.push([name, contentType]);
        const event = read(await codecOf(capabilities()).decode(store({ key: 'k', value, headers })));
        expect(event.data).toEqual(data);
        expect(event.headers).toEqual({});
      }
    }
  });

  it.each<[contentType: string, bytes: Uint8Array]>([
    ['text/plain', Buffer.of(0xff)],
    ['text/plain; charset=utf-16', Buffer.of(0x00, 0xd8)],
    ['text/plain; charset=klingon', Buffer.from('hi')],
    ['application/json', Buffer.from('{')],
  ])('or undecodable: %s', async (contentType, value) => {
    const headers: Header[] = [...binary('ce_'), ['content-type', contentType]];
    expect(await codecOf(capabilities()).decode(store({ key: 'k', value, headers }))).toMatchObject({
      ok: false,
      error: { code: 'undecodable' },
    });
  });

  it('or undecodable where base64 is none', async () => {
    const value = Buffer.from(JSON.stringify({ ...attributes, data_base64: 'not base64!' }));
    expect(await codecOf(capabilities()).decode(store({ key: 'k', value, headers: [] }))).toMatchObject({
      error: { code: 'undecodable', message: expect.stringContaining('base64') },
    });
  });
});

describe.each(providers)('an event without data (%s)', (_, provider) => {
  const asked: unknown[] = [];
  const optional: Schema<undefined> = schemaOf((value) => {
    asked.push(value);
    return value === undefined ? { value } : { issues: [{ message: 'no data is wanted' }] };
  });

  it('is sent and read by asking the schema with undefined, and is no tombstone', async () => {
    const codec = codecOf(provider, optional);
    asked.length = 0;
    const stored = store(await encodedBy(codec, { type: 'order.placed' }));
    const event = read(await codec.decode(stored));
    expect(asked).toEqual([undefined, undefined]);
    expect('data' in event && event.data === undefined).toBe(true);
    expect(stored.value).not.toBeNull();
  });

  it('is refused where the schema wants data', async () => {
    const codec = codecOf(
      provider,
      schemaOf((value) => (value === undefined ? { issues: [{ message: 'required' }] } : { value })),
    );
    expect(refusal(() => codec.encode({ type: 'order.placed' }))).toMatchObject({ code: 'schema-violation' });
    const foreign =
      provider.headers === 'none'
        ? store({ key: 'k', value: Buffer.from(JSON.stringify(attributes)), headers: [] })
        : store({ key: 'k', value: Buffer.of(), headers: binary('ce_') });
    expect(await codec.decode(foreign)).toMatchObject({ ok: false, error: { code: 'schema-violation' } });
  });
});

describe('extensions and the schema of data', () => {
  const others = { traceparent: '00-1', tenant: 'blue', Odd_Name: 'x' };

  it.each(prefixes)('of others are readable in binary mode: %s', async (prefix) => {
    const headers = binary(prefix, { dataschema: 'https://example.com/s', partitionkey: 'of another', ...others });
    const event = read(await codecOf(capabilities()).decode(store({ key: 'k', value: Buffer.of(), headers })));
    expect(event).toMatchObject({ dataSchema: 'https://example.com/s', headers: {} });
    expect(event.extensions).toEqual({ ...others, partitionkey: 'of another' });
  });

  it('of others are readable in structured mode, whatever their type', async () => {
    const extensions = { ...others, sampled: true, rate: 5, gone: null, list: [1], partitionkey: 'k' };
    const value = Buffer.from(JSON.stringify({ ...attributes, dataschema: 'urn:s', ...extensions }));
    const event = read(await codecOf(capabilities()).decode(store({ key: 'k', value, headers: [] })));
    expect(event.dataSchema).toBe('urn:s');
    expect(event.extensions).toEqual({ ...others, sampled: 'true', rate: '5', list: '[1]' });
  });

  it('may be called like what every object has', async () => {
    const extensions = [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ];
    const value = Buffer.from(
      JSON.stringify({ ...attributes, ...{ isostreamheaders: 7 } }).replace('}', ',"__proto__":"x"}'),
    );
    const structured = read(await codecOf(capabilities()).decode(store({ key: 'k', value, headers: [] })));
    expect(Object.entries(structured.extensions)).toEqual([['__proto__', 'x']]);
    const headers: Header[] = [...binary('ce_'), ['ce___proto__', 'x'], ['ce_constructor', 'y']];
    const event = read(await codecOf(capabilities()).decode(store({ key: 'k', value: Buffer.of(), headers })));
    expect(Object.entries(event.extensions)).toEqual(extensions);
  });

  it.each<[object, RegExp]>([
    [{ extensions: { traceParent: 'x' } }, /lower-case/],
    [{ extensions: { trace_parent: 'x' } }, /lower-case/],
    [{ extensions: { '': 'x' } }, /lower-case/],
    [{ extensions: JSON.parse('{"__proto__":"x"}') }, /lower-case/],
    [{ extensions: { id: 'x' } }, /attribute/],
    [{ extensions: { data: 'x' } }, /attribute/],
    [{ extensions: { specversion: 'x' } }, /attribute/],
    [{ extensions: { partitionkey: 'x' } }, /attribute/],
    [{ extensions: { isostreamheaders: 'x' } }, /attribute/],
    [{ extensions: { a: 'x'.repeat(1_025) } }, /1024 bytes/],
    [{ extensions: { a: '\ud800' } }, /well-formed/],
    [{ extensions: { a: 1.5 } }, /integer/],
    [{ extensions: { a: 2 ** 31 } }, /integer/],
    [{ extensions: { a: {} } }, /text/],
    [{ extensions: { a: undefined } }, /text/],
    [{ extensions: 'x' }, /object/],
    [{ extensions: null }, /object/],
    [{ dataSchema: '' }, /dataSchema/],
    [{ dataSchema: 'order.json' }, /absolute URI/],
    [{ dataSchema: 7 }, /dataSchema/],
    [{ time: new Date('+010000-01-01T00:00:00Z') }, /years/],
  ])('are refused where CloudEvents has no place for them: %j', (more, message) => {
    for (const [, provider] of providers) {
      const error = refusal(() => codecOf(provider).encode({ type: 'order.placed', data: 1, ...more }));
      expect(error).toMatchObject({ code: 'invalid-event', outcome: 'not-written' });
      expect(error.message).toMatch(message);
    }
  });

  it('count with the headers', () => {
    const headers = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`h${index}`, 'x']));
    const extensions = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`e${index}`, 'x']));
    const error = refusal(() => codecOf(capabilities()).encode({ type: 'order.placed', data: 1, headers, extensions }));
    expect(error).toMatchObject({ code: 'invalid-header' });
  });
});

describe.each(providers)('data that is nested too deeply (%s)', (_, provider) => {
  const nested = (depth: number, open = '['): string =>
    `${open.repeat(depth)}1${(open === '[' ? ']' : '}').repeat(depth)}`;
  const foreign = (json: string): Promise<Decoded<StreamEvent>> | Decoded<StreamEvent> => {
    const value = Buffer.from(
      provider.headers === 'none' ? `${JSON.stringify(attributes).slice(0, -1)},"data":${json}}` : json,
    );
    return codecOf(provider).decode(
      store({ key: 'k', value, headers: provider.headers === 'none' ? [] : binary('ce_') }),
    );
  };

  it.each([1_001, 5_000, 1_000_000])('is undecodable at once: %i levels', async (depth) => {
    for (const open of ['[', '{"a":'])
      expect(await foreign(nested(depth, open))).toMatchObject({
        ok: false,
        error: { code: 'undecodable', message: expect.stringContaining('nested deeper than 100') },
      });
  });

  it('is read up to the limit, and brackets in text are no levels', async () => {
    expect(await foreign(nested(1_000))).toMatchObject({ ok: true });
    expect(await foreign(JSON.stringify({ a: '[{\\"'.repeat(5_000) }))).toMatchObject({ ok: true });
    expect(await foreign(JSON.stringify(Array.from({ length: 5_000 }, () => [{}])))).toMatchObject({ ok: true });
  });

  it.each<[string, () => unknown]>([
    ['1,001 levels', (): unknown => JSON.parse(nested(1_001))],
    ['100,000 levels', (): unknown => JSON.parse(nested(100_000))],
    [
      'a cycle',
      () => {
        const cycle: { self?: unknown } = {};
        cycle.self = cycle;
        return cycle;
      },
    ],
    ['a BigInt', () => ({ count: 1n })],
    ['a toJSON that throws', () => ({ toJSON: () => raise(Object.create(null)) })],
    ['a function', () => () => undefined],
    ['a symbol', () => Symbol('s')],
    ['a toJSON that gives nothing', () => ({ toJSON: () => undefined })],
    ['a proxy that throws', () => new Proxy({}, { get: () => raise(1), ownKeys: () => raise(2) })],
  ])('is not sent, and neither is %s', (what, data) => {
    const error = refusal(() => codecOf(provider).encode({ type: 'order.placed', data: data() }));
    expect(error).toMatchObject({ code: 'invalid-event', outcome: 'not-written' });
    expect(error.message).toContain(what.endsWith('levels') ? 'nested deeper than 1000' : 'cannot be written as JSON');
  });
});

const attributes = { specversion: '1.0', id: '1', type: 'order.placed', source: '/' };

function binary(prefix: string, more: Readonly<Record<string, string>> = {}): Header[] {
  return Object.entries({ ...attributes, ...more }).map(([name, value]) => [prefix + name, value]);
}

function codecOf(provider: Capabilities, schema: Schema = anything): Codec<EventInput, StreamEvent> {
  const topic = defineTopic('orders', { events: { 'order.placed': schema }, key: () => 'k' });
  return createCodec(topic, { capabilities: provider, source: 'shop', clock: new ManualClock() });
}

function read(decoded: Decoded<StreamEvent>): StreamEvent {
  if (!decoded.ok) throw decoded.error;
  return decoded.event;
}

function raise(value: unknown): never {
  throw value;
}
