import { describe, expect, expectTypeOf, it } from 'vitest';
import type { CodecOptions } from '../src/codec/codec.ts';
import { createCodec, createEventCodec } from '../src/codec/create-codec.ts';
import type { Capabilities } from '../src/contract/capabilities.ts';
import { defineTopic, type TopicInput, type TopicOutput } from '../src/model/define-topic.ts';
import { plain } from '../src/model/format.ts';
import type { EventInput } from '../src/model/event.ts';
import { capabilities } from './support/capabilities.ts';
import { ManualClock } from './support/manual-clock.ts';
import { refusal } from './support/refusal.ts';
import { schemaOf } from './support/schema.ts';
import { encodedBy, store } from './support/stored.ts';

const order = schemaOf<{ id: string }>((value) =>
  typeof value === 'object' && value !== null && 'id' in value
    ? { value: { id: String(value.id) } }
    : { issues: [{ message: 'expected an order' }] },
);
const keysAsked: unknown[] = [];
const events = { placed: order };
const key = (event: { readonly data: { readonly id: string } }): string => {
  keysAsked.push(event.data);
  return event.data.id;
};
const declared = defineTopic('orders', { events, key, tombstones: true });
const undeclared = defineTopic('orders', { events, key });
const providers = [
  ['headers', capabilities()],
  ['no headers', capabilities({ headers: 'none', cloudEvents: null, tombstones: 'marked', compaction: false })],
] as const;

describe.each(providers)('a tombstone (%s)', (_, provider) => {
  it('is sent by its key alone, and asks neither schema nor key function, also to be read', async () => {
    keysAsked.length = 0;
    const codec = createCodec(declared, optionsOf(provider));
    const more = { id: 't-1', time: new Date(5), source: 'shop', subject: 's', headers: { why: 'x' } };
    const extensions = { tenant: 'blue' };
    const encoded = await encodedBy(codec, { type: 'tombstone', key: 'o-1', ...more, extensions });
    expect(encoded.key).toBe('o-1');
    expect(encoded.value === null).toBe(provider.tombstones === 'native');
    expect(await codec.decode(store(encoded))).toEqual({
      ok: true,
      event: { ...more, type: 'tombstone', key: 'o-1', data: null, extensions },
    });
    expect(keysAsked).toEqual([]);
  });

  it('of somebody else has no headers, and is one all the same', async () => {
    const raw = createCodec(defineTopic('orders', { raw: true }), optionsOf(provider));
    const stored = store(await encodedBy(raw, { key: 'o-1', value: null }), { partition: '3', position: '8' });
    const expected = {
      id: 'orders/3/8',
      source: 'orders',
      time: new Date(stored.timestamp),
      extensions: {},
      headers: {},
    };
    expect(await createCodec(declared, optionsOf(provider)).decode(stored)).toEqual({
      ok: true,
      event: { ...expected, type: 'tombstone', key: 'o-1', data: null },
    });
    expect(createEventCodec(declared, optionsOf(provider)).name(stored)).toEqual({
      id: 'orders/3/8',
      type: 'tombstone',
    });
  });

  it('with a key that is not text shows it in base64', async () => {
    const raw = createCodec(defineTopic('orders', { raw: true }), optionsOf(provider));
    const stored = store(await encodedBy(raw, { key: 'k', value: null }), { key: Buffer.of(0xff) });
    expect(await createCodec(declared, optionsOf(provider)).decode(stored)).toMatchObject({ event: { key: '/w==' } });
  });

  it('that is not declared is an event of a type that is not declared', async () => {
    const stored = store(await encodedBy(createCodec(declared, optionsOf(provider)), { type: 'tombstone', key: 'k' }));
    expect(await createCodec(undeclared, optionsOf(provider)).decode(stored)).toMatchObject({
      ok: false,
      unknownType: true,
      error: { code: 'undecodable', message: expect.stringContaining('tombstones: true') },
    });
  });

  it('without a key says nothing', async () => {
    const raw = createCodec(defineTopic('orders', { raw: true }), optionsOf(provider));
    const decoded = await createCodec(declared, optionsOf(provider)).decode(
      store(await encodedBy(raw, { key: null, value: null })),
    );
    expect(decoded).toMatchObject({ ok: false, error: { code: 'undecodable' } });
    expect(decoded).not.toHaveProperty('unknownType');
  });

  it('of a plain topic has no attributes but those in headers, and asks no function for them', async () => {
    const asked: unknown[] = [];
    const find = ({ data }: { readonly data: unknown }): string => {
      asked.push(data);
      return 'placed';
    };
    const format = plain({ type: find, id: find, time: { header: 'at' } });
    const codec = createCodec(defineTopic('orders', { events, key, tombstones: true, format }), optionsOf(provider));
    const encoded = await encodedBy(codec, { type: 'tombstone', key: 'o-1', time: new Date(5), headers: { a: 'b' } });
    const event = { type: 'tombstone', id: 'orders/p0/7', source: 'orders', time: new Date(5), key: 'o-1', data: null };
    expect(await codec.decode(store(encoded))).toEqual({
      ok: true,
      event: { ...event, extensions: {}, headers: { a: 'b', at: '1970-01-01T00:00:00.005Z' } },
    });
    expect(refusal(() => codec.encode({ type: 'tombstone', key: 'o-1', id: 'x' }))).toMatchObject({
      code: 'invalid-event',
    });
    expect(asked).toEqual([]);
  });

  it('is not data that is null, which its schema is asked about', async () => {
    const nullable = defineTopic('orders', {
      events: {
        any: schemaOf<{ id: string } | null>((value) =>
          value === null ? { value } : order['~standard'].validate(value),
        ),
      },
      key: ({ data }) => data?.id ?? 'none',
    });
    const codec = createCodec(nullable, optionsOf(provider));
    const encoded = await encodedBy(codec, { type: 'any', data: null });
    expect(encoded).toMatchObject({ key: 'none' });
    expect(await codec.decode(store(encoded))).toMatchObject({ ok: true, event: { type: 'any', data: null } });
  });
});

describe('what a topic with tombstones refuses', () => {
  it.each<[input: object, code: string, message: string]>([
    [{ type: 'tombstone' }, 'invalid-key', 'Give the key that is removed'],
    [{ type: 'tombstone', key: null }, 'invalid-key', 'the key is null'],
    [{ type: 'tombstone', key: 'k'.repeat(257) }, 'invalid-key', '256 characters'],
    [{ type: 'tombstone', key: 'k', data: { id: 'k' } }, 'invalid-event', 'a tombstone has data'],
    [{ type: 'tombstone', key: 'k', headers: { ce_id: 'x' } }, 'invalid-header', 'ce_id'],
    [{ type: 'placed', data: null }, 'schema-violation', '{ type: "tombstone", key }'],
    [{ type: 'placed' }, 'schema-violation', 'expected an order'],
  ])('%j with %s', (input, code, message) => {
    // @ts-expect-error what a program without types may give
    const error = refusal(() => createCodec(declared, optionsOf(capabilities())).encode(input));
    expect(error).toMatchObject({ code, message: expect.stringContaining(message), outcome: 'not-written' });
  });

  it('and one without: the type is not declared', () => {
    const codec = createEventCodec(undeclared, optionsOf(capabilities()));
    expect(refusal(() => codec.encode({ type: 'tombstone' }))).toMatchObject({
      code: 'invalid-event',
      message: expect.stringContaining('type "tombstone" is not declared'),
    });
  });

  it.each<[options: object, message: RegExp]>([
    [{ events, key: null, tombstones: true }, /declares tombstones, which remove keys, and has none/],
    [{ events: { tombstone: order }, key, tombstones: true }, /a type "tombstone" of its own/],
    [{ events, key, tombstones: 'yes' }, /tombstones is "yes"/],
    [{ raw: true, tombstones: true }, /unknown option tombstones/],
  ])('as it is declared: %o', (options, message) => {
    // @ts-expect-error what a program without types may give
    expect(() => defineTopic('orders', options)).toThrow(message);
  });

  it('takes a type of this name where tombstones are not declared', () => {
    const topic = defineTopic('graves', { events: { tombstone: order }, key });
    expectTypeOf<TopicInput<typeof topic>['data']>().toEqualTypeOf<{ id: string }>();
  });
});

describe('the key function', () => {
  const seen: unknown[] = [];
  const watched = {
    key: (event: { readonly data?: unknown }): string => {
      seen.push(event.data);
      return 'k';
    },
  };
  const later = schemaOf<{ id: string }>(async (value) => {
    await Promise.resolve();
    return order['~standard'].validate(value);
  });

  it.each([
    ['answers at once', order],
    ['answers later', later],
  ])('sees only what a schema allows that %s, in every format', async (_, schema) => {
    for (const format of [undefined, plain({ type: 'placed' })]) {
      const topic = defineTopic('orders', {
        events: { placed: schema },
        ...watched,
        ...(format === undefined ? {} : { format }),
      });
      const codec = createEventCodec(topic, optionsOf(capabilities()));
      for (const data of [null, undefined, 7, {}]) {
        const refused: EventInput = { type: 'placed', data };
        await expect((async () => codec.encode(refused))()).rejects.toMatchObject({ code: 'schema-violation' });
      }
      expect(seen).toEqual([]);
      await encodedBy(codec, { type: 'placed', data: { id: 'o-1' } });
      expect(seen.splice(0)).toEqual([{ id: 'o-1' }]);
    }
  });

  it('sees what was sent, also when its sender changes it while a schema answers later', async () => {
    class Price {
      readonly cents = 7;
    }
    const data = {
      id: 'o-1',
      price: new Price(),
      lines: [{ at: new Date(1), bytes: Buffer.from('a') }],
      more: Object.assign(Object.create(null), { ok: true }) as object,
    };
    const keyed: unknown[] = [];
    const topic = defineTopic('orders', {
      events: { placed: later },
      key: (event) => {
        keyed.push(event.data);
        return event.data.id;
      },
    });
    const encoding = createEventCodec(topic, optionsOf(capabilities())).encode({ type: 'placed', data });
    data.id = 'o-2';
    data.lines[0]?.at.setTime(2);
    data.lines[0]?.bytes.fill('b');
    const encoded = await encoding;
    expect(encoded).toMatchObject({ key: 'o-1' });
    expect(keyed).toEqual([
      { id: 'o-1', price: new Price(), lines: [{ at: new Date(1), bytes: Buffer.from('a') }], more: { ok: true } },
    ]);
  });
});

describe('the types of a topic with tombstones', () => {
  it('have them on both sides, and without the option on neither', () => {
    type Sent = TopicInput<typeof declared>;
    type Handled = TopicOutput<typeof declared>;
    expectTypeOf<Sent['type']>().toEqualTypeOf<'placed' | 'tombstone'>();
    expectTypeOf<Extract<Sent, { type: 'tombstone' }>['key']>().toEqualTypeOf<string>();
    expectTypeOf<Handled['type']>().toEqualTypeOf<'placed' | 'tombstone'>();
    expectTypeOf<Extract<Handled, { type: 'tombstone' }>['data']>().toEqualTypeOf<null>();
    expectTypeOf<Extract<Handled, { type: 'placed' }>['data']>().toEqualTypeOf<{ id: string }>();
    expectTypeOf<TopicInput<typeof undeclared>['type']>().toEqualTypeOf<'placed'>();
    expectTypeOf<TopicOutput<typeof undeclared>['type']>().toEqualTypeOf<'placed'>();
    expectTypeOf<TopicInput<typeof undeclared>['data']>().toEqualTypeOf<{ id: string }>();
  });
});

function optionsOf(provider: Capabilities): CodecOptions {
  return { capabilities: provider, source: 'shop', clock: new ManualClock() };
}
