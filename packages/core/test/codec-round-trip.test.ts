import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodecOptions } from '../src/codec/codec.ts';
import { createCodec } from '../src/codec/create-codec.ts';
import type { Capabilities } from '../src/contract/capabilities.ts';
import { defineTopic } from '../src/model/define-topic.ts';
import type { Header } from '../src/model/encoded.ts';
import type { Schema } from '../src/model/schema.ts';
import { bytes, headers, json, key, text } from './support/arbitraries.ts';
import { capabilities, withoutHeaders } from './support/capabilities.ts';
import { ManualClock } from './support/manual-clock.ts';
import { anything } from './support/schema.ts';
import { store } from './support/stored.ts';

const providers: readonly (readonly [string, Capabilities])[] = [
  ['binary, ce_', capabilities()],
  ['binary, ce-', capabilities({ headers: 'text', cloudEvents: { prefix: 'ce-', contentType: 'Content-Type' } })],
  ['binary, cloudEvents:', capabilities({ cloudEvents: { prefix: 'cloudEvents:', contentType: 'content-type' } })],
  ['structured', withoutHeaders],
];

const names = {
  type: 'order.placed',
  id: text.filter((id) => id !== ''),
  source: text.filter((source) => source !== ''),
};
const times = fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });

/** Everything that an application can say of an event. */
const inputs = fc.record(
  {
    type: fc.constant(names.type),
    data: fc.oneof(json, bytes, fc.constantFrom(null, undefined)),
    id: names.id,
    source: names.source,
    time: times,
    subject: text.filter((subject) => subject !== ''),
    dataSchema: fc.webUrl(),
    extensions: fc.dictionary(
      fc
        .oneof(fc.stringMatching(/^[a-z0-9]{1,20}$/), fc.constantFrom('traceparent', 'constructor', 'then'))
        .filter(
          (name) =>
            !/^(?:specversion|id|type|source|time|subject|datacontenttype|dataschema|data|partitionkey|isostream.*)$/.test(
              name,
            ),
        ),
      fc.oneof(text, fc.boolean(), fc.integer()),
      { maxKeys: 5 },
    ),
    headers,
  },
  { requiredKeys: ['type', 'data'] },
);

describe.each(providers)('codec (%s)', (_, provider) => {
  it('gives back every event as it was sent', () => {
    fc.assert(
      fc.property(inputs, key, (input, eventKey) => {
        const codec = createCodec(topicOf(eventKey), optionsOf(provider));
        const encoded = codec.encode(input);
        if (encoded instanceof Promise || typeof encoded === 'function') throw new Error('nothing to wait for');
        const decoded = codec.decode(store(encoded));

        if (decoded instanceof Promise || !decoded.ok) throw new Error('not decoded');
        const { event } = decoded;
        expect(event).toMatchObject({ type: names.type, key: eventKey, source: input.source ?? 'shop' });
        expect(event.id).toBe(input.id ?? event.id);
        expect(event.id).not.toBe('');
        expect(event.time.getTime()).toBe(input.time?.getTime() ?? 1_700_000_000_000);
        expect(event.subject).toBe(input.subject);
        expect(event.dataSchema).toBe(input.dataSchema);
        const extensions = Object.entries(input.extensions ?? {}).map(
          ([name, value]) => [name, String(value)] as const,
        );
        expect(sorted(event.extensions)).toEqual(sorted(Object.fromEntries(extensions)));
        expect(sorted(event.headers)).toEqual(sorted(input.headers ?? {}));
        if (input.data instanceof Uint8Array) {
          expect(event.data).toBeInstanceOf(Uint8Array);
          expect(Buffer.from(bytesOf(event.data)).equals(input.data)).toBe(true);
        } else expect(event.data).toEqual(input.data);
      }),
    );
  });

  it('keeps an empty payload apart from none', () => {
    const codec = createCodec(topicOf('k'), optionsOf(provider));
    const read = (data: unknown): unknown => {
      const encoded = codec.encode({ type: names.type, data });
      const decoded =
        encoded instanceof Promise || typeof encoded === 'function' ? undefined : codec.decode(store(encoded));
      return decoded !== undefined && 'ok' in decoded && decoded.ok ? decoded.event.data : 'not decoded';
    };
    expect(read(null)).toBeNull();
    expect(read(new Uint8Array())).toHaveLength(0);
    expect(read('')).toBe('');
    expect(read([])).toEqual([]);
  });

  it('gives an event without a key none', () => {
    const codec = createCodec(
      defineTopic('orders', { events: { [names.type]: anything }, key: null }),
      optionsOf(provider),
    );
    const encoded = codec.encode({ type: names.type, data: {} });
    expect(encoded).toMatchObject({ key: null });
  });

  it('makes an id of its own for each event', () => {
    const codec = createCodec(topicOf('k'), optionsOf(provider));
    const ids = Array.from({ length: 100 }, () => {
      const encoded = codec.encode({ type: names.type, data: 1 });
      const decoded =
        encoded instanceof Promise || typeof encoded === 'function' ? undefined : codec.decode(store(encoded));
      return decoded !== undefined && 'ok' in decoded && decoded.ok ? decoded.event.id : '';
    });
    expect(new Set(ids).size).toBe(100);
  });
});

describe('what travels', () => {
  it('is the payload itself, with the attributes in headers, where a provider has them', () => {
    const encoded = createCodec(topicOf('o-1'), optionsOf(capabilities())).encode({
      type: names.type,
      id: 'e-1',
      time: new Date('2026-01-02T03:04:05.678Z'),
      data: { total: 9 },
      headers: { tenant: 'blue' },
    });
    expect(encoded).toEqual({
      key: 'o-1',
      value: Buffer.from('{"total":9}'),
      headers: [
        ['ce_specversion', '1.0'],
        ['ce_id', 'e-1'],
        ['ce_type', 'order.placed'],
        ['ce_source', 'shop'],
        ['ce_time', '2026-01-02T03:04:05.678Z'],
        ['content-type', 'application/json'],
        ['tenant', 'blue'],
      ],
    });
  });

  it.each(['1969-07-20T20:17:40.000Z', '2026-01-02T03:04:05.678Z', '2300-01-01T00:00:00.000Z'])(
    'has the event’s own time %s as an attribute alone: when it is stored is not its sender’s to say',
    (time) => {
      for (const provider of [capabilities(), withoutHeaders]) {
        const codec = createCodec(topicOf('o-1'), optionsOf(provider));
        const encoded = codec.encode({ type: names.type, data: { total: 9 }, time: new Date(time) });
        expect(encoded).not.toHaveProperty('timestamp');
        if (encoded instanceof Promise || typeof encoded === 'function') throw new Error('nothing to wait for');
        expect(codec.decode(store(encoded))).toMatchObject({ event: { time: new Date(time) } });
      }
    },
  );

  it('is what it was at the call: buffers and objects that change afterwards change nothing', async () => {
    const buffer = Buffer.from('sent');
    const codec = createCodec(topicOf('o-1'), optionsOf(capabilities()));
    const encoded = codec.encode({ type: names.type, data: buffer });
    const raw = createCodec(defineTopic('bytes', { raw: true }), optionsOf(capabilities())).encode({
      key: buffer,
      value: buffer,
      headers: [['h', buffer]],
    });
    const slow: Schema<unknown, unknown> = {
      '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value }) },
    };
    const slowTopic = defineTopic('slow', { events: { x: slow }, key: () => 'k' });
    const data = { total: 9 };
    const validating = createCodec(slowTopic, optionsOf(capabilities())).encode({ type: 'x', data });
    data.total = 10;
    buffer.fill('?');
    expect(encoded).toMatchObject({ value: Buffer.from('sent') });
    expect(raw).toMatchObject({ key: Buffer.from('sent'), value: Buffer.from('sent') });
    expect(raw).toMatchObject({ headers: [['h', Buffer.from('sent')]] });
    expect(await validating).toMatchObject({ value: Buffer.from('{"total":9}') });
  });

  it('is one JSON text, readable by everybody, where a provider has no headers', () => {
    const encoded = createCodec(topicOf('o-1'), optionsOf(withoutHeaders)).encode({
      type: names.type,
      id: 'e-1',
      data: { total: 9 },
    });
    if (encoded instanceof Promise || typeof encoded === 'function') throw new Error('nothing to wait for');
    expect(encoded.headers).toEqual([]);
    expect(JSON.parse(Buffer.from(encoded.value ?? []).toString('utf8'))).toEqual({
      specversion: '1.0',
      id: 'e-1',
      type: 'order.placed',
      source: 'shop',
      time: '2023-11-14T22:13:20.000Z',
      datacontenttype: 'application/json',
      partitionkey: 'o-1',
      data: { total: 9 },
    });
  });

  it('is standard base64 in there where it is bytes', () => {
    const data = Uint8Array.of(0x03, 0xff, 0xfe, 0xfb);
    const encoded = createCodec(topicOf('o-1'), optionsOf(withoutHeaders)).encode({ type: names.type, data });
    if (encoded instanceof Promise || typeof encoded === 'function') throw new Error('nothing to wait for');
    expect(JSON.parse(Buffer.from(encoded.value ?? []).toString('utf8'))).toMatchObject({
      datacontenttype: 'application/octet-stream',
      data_base64: 'A//++w==',
    });
  });
});

describe('raw codec', () => {
  const topic = defineTopic('legacy', { raw: true });
  const header = fc.tuple(text, fc.oneof(text, bytes));

  it.each([
    ['with headers', capabilities()],
    ['without headers', withoutHeaders],
  ])('gives back key, bytes, headers and time as they were (%s)', (_, provider) => {
    const keys = fc.oneof(key, bytes, fc.constant(null));
    fc.assert(
      fc.property(
        keys,
        fc.option(bytes),
        fc.array(header, { maxLength: 8 }),
        fc.option(times, { nil: undefined }),
        (rawKey, value, given, time) => {
          const codec = createCodec(topic, optionsOf(provider));
          const encoded = codec.encode({ key: rawKey, value, headers: given, ...(time === undefined ? {} : { time }) });
          const decoded =
            encoded instanceof Promise || typeof encoded === 'function' ? undefined : codec.decode(store(encoded));

          if (decoded === undefined || !('ok' in decoded) || !decoded.ok) throw new Error('not decoded');
          const { event } = decoded;
          expect(asBytes(event.key)).toEqual(asBytes(rawKey));
          expect(asBytes(event.value)).toEqual(asBytes(value));
          expect(event.headers.map(([name, content]) => [name, asBytes(content)])).toEqual(
            given.map(([name, content]) => [name, asBytes(content)]),
          );
          expect(event.time.getTime()).toBe(time?.getTime() ?? 1_700_000_000_000);
        },
      ),
    );
  });

  it('takes away nothing that other tools wrote, and reads it as it stands', () => {
    const foreign: Header[] = [
      ['ce_id', 'x'],
      ['isostream-topic', 'x'],
      ['content-type', 'x'],
      ['twice', '1'],
      ['twice', '2'],
    ];
    const decoded = createCodec(topic, optionsOf(capabilities())).decode(
      store({ key: null, value: null, headers: foreign }),
    );
    expect(decoded).toMatchObject({
      ok: true,
      event: { headers: foreign.map(([name, value]) => [name, Buffer.from(value)]) },
    });
  });

  it('refuses headers that the provider cannot carry', () => {
    const encode = (provider: Capabilities, given: readonly Header[]) => () =>
      createCodec(topic, optionsOf(provider)).encode({ key: null, value: null, headers: given });
    const textOnly = capabilities({ headers: 'text' });

    expect(encode(textOnly, [['a', Buffer.from('x')]])).toThrow(expect.objectContaining({ code: 'invalid-header' }));
    expect(
      encode(textOnly, [
        ['a', 'x'],
        ['a', 'y'],
      ]),
    ).toThrow(expect.objectContaining({ code: 'invalid-header' }));
    expect(
      encode(textOnly, [
        ['a', 'x'],
        ['A', 'y'],
      ]),
    ).not.toThrow();
    expect(
      encode(capabilities(), [
        ['a', Buffer.from([0xff])],
        ['a', 'y'],
      ]),
    ).not.toThrow();
  });

  it('refuses text that would not come back as it was, and a time that is none', () => {
    const codec = createCodec(topic, optionsOf(capabilities()));
    const half = '\ud834';
    expect(() => codec.encode({ key: half, value: null })).toThrow(expect.objectContaining({ code: 'invalid-key' }));
    for (const given of [
      [half, 'x'],
      ['x', half],
    ] as const)
      expect(() => codec.encode({ key: null, value: null, headers: [given] })).toThrow(
        expect.objectContaining({ code: 'invalid-header' }),
      );
    expect(() => codec.encode({ key: null, value: null, time: new Date(Number.NaN) })).toThrow(
      expect.objectContaining({ code: 'invalid-event' }),
    );
  });

  it('can set when it counts as stored, where the provider keeps that and its topic allows it', () => {
    const event = { key: 'k', value: null, time: new Date(42) };
    expect(createCodec(topic, optionsOf(capabilities())).encode(event)).toMatchObject({ timestamp: 42 });
    const refusals: (() => unknown)[] = [
      () => createCodec(topic, optionsOf(capabilities({ storedTime: 'service' }))).encode(event),
      () =>
        createCodec(defineTopic('bytes', { raw: true, storedTime: 'service' }), optionsOf(capabilities())).encode(
          event,
        ),
    ];
    for (const refused of refusals)
      expect(refused).toThrow(expect.objectContaining({ code: 'unsupported', outcome: 'not-written' }));
  });

  it('travels bare where a provider has no headers and bytes alone can say it', () => {
    const codec = createCodec(topic, optionsOf(withoutHeaders));
    const value = Buffer.from([0xff, 0x00]);
    expect(codec.encode({ key: 'k', value })).toEqual({ key: 'k', value, headers: [] });
    expect(codec.encode({ key: 'k', value: Buffer.alloc(0) })).toMatchObject({ value: Buffer.alloc(0) });
  });

  it('takes nothing for a wrapper where a provider has headers', () => {
    const wrapped = createCodec(topic, optionsOf(withoutHeaders)).encode({ key: null, value: null });
    if (wrapped instanceof Promise || typeof wrapped === 'function') throw new Error('nothing to wait for');
    const decoded = createCodec(topic, optionsOf(capabilities())).decode(store(wrapped));
    expect(decoded).toMatchObject({ ok: true, event: { value: wrapped.value, headers: [] } });
  });

  it('refuses what is neither bytes nor a key', () => {
    const codec = createCodec(topic, optionsOf(capabilities()));
    // @ts-expect-error what a program without types may hand over
    expect(() => codec.encode({ key: null, value: 'text' })).toThrow(
      expect.objectContaining({ code: 'invalid-event', outcome: 'not-written' }),
    );
    // @ts-expect-error as above
    expect(() => codec.encode({ key: 7, value: null })).toThrow(
      expect.objectContaining({ code: 'invalid-key', outcome: 'not-written' }),
    );
    // @ts-expect-error as above
    expect(() => codec.encode({ key: null, value: null, headers: [['a', 1]] })).toThrow(
      expect.objectContaining({ code: 'invalid-header' }),
    );
  });
});

function topicOf(eventKey: string) {
  return defineTopic('orders', { events: { [names.type]: anything }, key: () => eventKey });
}

function optionsOf(provider: Capabilities): CodecOptions {
  return { capabilities: provider, source: 'shop', clock: new ManualClock() };
}

/** Entries, since `toEqual` does not look at a key called `__proto__`. */
function sorted(given: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(given).toSorted(([one], [other]) => (one < other ? -1 : 1));
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error('no bytes');
}

function asBytes(part: string | Uint8Array | null): string | null {
  return part === null ? null : Buffer.from(part).toString('hex');
}
