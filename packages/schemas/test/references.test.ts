import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { avro } from '../src/codecs/avro.ts';
import { jsonSchema } from '../src/codecs/json-schema.ts';
import { type ConfluentOptions, confluentRegistry } from '../src/registries/confluent.ts';
import { decoded, encoded } from './support/coding.ts';
import { Registry } from './support/registry.ts';

const server = { registry: new Registry(), url: '' };
beforeEach(async () => {
  server.registry = new Registry();
  server.url = await server.registry.listen();
});
afterEach(() => server.registry.close());

const registry = (more: Partial<ConfluentOptions> = {}) => confluentRegistry({ url: server.url, ...more });
const record = (name: string, type: unknown) => ({
  type: 'record',
  name,
  namespace: 'shop',
  fields: [{ name: 'a', type }],
});
const money = record('Money', 'long');
const placed = record('Placed', 'Money');

describe('references', () => {
  it('are part of what a schema is: the same text with another one is read as it was written', async () => {
    const written = await encoded(
      avro({ schemas: { placed }, references: { 'shop.Money': money }, registry: registry() }),
      {
        a: { a: 7 },
      },
    );
    const newer = { ...money, fields: [...money.fields, { name: 'unit', type: 'string', default: 'EUR' }] };
    const reader = avro({ schemas: { placed }, references: { 'shop.Money': newer }, registry: registry() });
    expect(await decoded(reader, written)).toEqual({ a: { a: 7, unit: 'EUR' } });
    const pinned = avro({
      schemas: { placed },
      references: { 'shop.Money': newer },
      registry: registry({ schemas: { ids: { placed: written.readUInt32BE(1) } } }),
    });
    expect(await encoded(pinned, { a: { a: 7 } })).toEqual(written);
  });

  it('end where they are a circle: refused of the own schemas, read once each of a registry', async () => {
    const circle = { 'shop.A': record('A', ['null', 'shop.B']), 'shop.B': record('B', ['null', 'shop.A']) };
    expect(() => avro({ schemas: { placed: record('P', 'A') }, references: circle })).toThrow(
      'references "shop.A" → "shop.B" → "shop.A" are a circle',
    );
    const refs = { 'a.json': { properties: { b: { $ref: 'b.json#/x' } } }, 'b.json': { $ref: 'a.json' } };
    const placedJson = { items: [{ $ref: 'a.json' }] };
    expect(() => jsonSchema({ schemas: { placed: placedJson }, references: refs, registry: registry() })).toThrow(
      'a circle',
    );

    const { registry: kept } = server;
    const reference = (subject: string) => [{ name: subject, subject, version: 1 }];
    const post = async (subject: string, schema: unknown, references: unknown) =>
      fetch(`${server.url}/subjects/${subject}/versions`, {
        method: 'POST',
        body: JSON.stringify({ schema: JSON.stringify(schema), references }),
      });
    await post('a', record('A', 'long'), reference('b'));
    await post('b', record('B', 'long'), reference('a'));
    await post('orders-value', placed, reference('a'));
    kept.requests.length = 0;
    const codec = avro({ schemas: { placed }, references: { 'shop.Money': money }, registry: registry() });
    await expect(decoded(codec, Buffer.from('00000000030e', 'hex'))).rejects.toMatchObject({ code: 'undecodable' });
    expect(kept.requests).toEqual(['GET /schemas/ids/3', 'GET /subjects/a/versions/1', 'GET /subjects/b/versions/1']);
  });

  it('that are missing in the registry make an event undecodable, and a send fail', async () => {
    await fetch(`${server.url}/subjects/orders-value/versions`, {
      method: 'POST',
      body: JSON.stringify({ schema: JSON.stringify(placed), references: [{ name: 'm', subject: 'm', version: 1 }] }),
    });
    const codec = (more: Partial<ConfluentOptions> = {}) =>
      avro({ schemas: { placed: money }, registry: registry(more) });
    const bytes = Buffer.from('00000000010e', 'hex');
    await expect(decoded(codec(), bytes)).rejects.toMatchObject({ code: 'undecodable' });
    await expect(encoded(codec({ schemas: 'latest' }), {})).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it.each([[7], [[]], [{}]])('are refused where they are not schemas by name: %j', (references) => {
    expect(() => avro({ schemas: { placed: money }, references: references as never })).toThrow('references is');
  });

  it('work without a registry, in all places where a type may stand', async () => {
    const schema = {
      type: 'record',
      name: 'shop.Placed',
      fields: [
        { name: 'list', type: { type: 'array', items: 'Money' } },
        { name: 'map', type: { type: 'map', values: ['null', 'shop.Money'] } },
        {
          name: 'inner',
          type: { type: 'record', name: 'Inner', namespace: 'other', fields: [{ name: 'm', type: 'shop.Money' }] },
        },
      ],
    };
    const codec = avro({ schemas: { placed: schema }, references: { 'shop.Money': money } });
    const data = { list: [{ a: 1 }], map: { x: { a: 2 }, y: null }, inner: { m: { a: 3 } } };
    expect(await decoded(codec, await encoded(codec, data))).toEqual(data);
  });

  it('may be recursive: a schema that refers to itself is no circle', () => {
    const node = record('Node', ['null', 'shop.Node']);
    expect(() => avro({ schemas: { placed: record('P', 'Node') }, references: { 'shop.Node': node } })).not.toThrow();
    const tree = { properties: { next: { $ref: 'tree.json' } } };
    const items = { items: [{ $ref: 'tree.json' }] };
    expect(() =>
      jsonSchema({ schemas: { placed: items }, references: { 'tree.json': tree }, registry: registry() }),
    ).not.toThrow();
  });
});
