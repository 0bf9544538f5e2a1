import { type DataCodec, defineTopic, json, plain, versions } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkContracts, describeTopics, readContract } from '../src/contracts/index.ts';

const placed = z.object({ orderId: z.string(), total: z.number() });

function orders(events: Record<string, z.ZodType>, options: object = {}) {
  return describeTopics([
    defineTopic('orders', { events, key: (event) => event.type, partitions: 4, retention: '7d', ...options }),
  ]);
}

describe('a change of a contract', () => {
  const before = orders({ 'order.placed': placed });

  it('is none where nothing changed, also after the contract was a file', () => {
    expect(checkContracts(before, orders({ 'order.placed': placed }))).toEqual([]);
    expect(checkContracts(readContract(JSON.parse(JSON.stringify(before))), before)).toEqual([]);
  });

  it('breaks nobody where an optional property is added', () => {
    expect(checkContracts(before, orders({ 'order.placed': placed.extend({ note: z.string().optional() }) }))).toEqual(
      [],
    );
  });

  it('breaks old consumers where a field is removed, and says that its values are dropped by new ones', () => {
    const findings = checkContracts(before, orders({ 'order.placed': placed.omit({ total: true }) }));

    expect(findings).toMatchObject([
      { topic: 'orders', event: 'order.placed', direction: 'backward', kind: 'advice', path: 'total' },
      { direction: 'forward', kind: 'breaking', problem: expect.stringContaining('"total"'), cure: expect.any(String) },
    ]);
  });

  it('is none for new consumers of a type with an upcast from what is stored, and is one for old consumers', () => {
    const cents = z.object({ orderId: z.string(), cents: z.number() });
    const type = (older: z.ZodType) =>
      versions({
        dataSchema: 'https://shop.example/2',
        schema: cents,
        older: [{ dataSchema: 'https://shop.example/1', schema: older, upcast: (data: object) => data }],
      });
    const directions = (older: z.ZodType) => {
      const topic = defineTopic('orders', { events: { 'order.placed': type(older) }, key: null });
      return checkContracts(orders({ 'order.placed': placed }, { key: null }), readContract(describeTopics([topic])))
        .filter(({ kind }) => kind === 'breaking')
        .map(({ direction }) => direction);
    };
    expect(directions(placed)).toEqual(['forward']);
    expect(directions(z.object({ orderId: z.string(), sum: z.number() }))).toEqual(['backward', 'forward']);
  });

  it('breaks both sides where the format or the codec changes, and nobody where the default is written out', () => {
    const packed: DataCodec = { ...json(), name: 'packed' };
    const at = (header: string) => orders({ 'order.placed': placed }, { format: plain({ type: { header } }) });
    const problems = (one: typeof before, other: typeof before): string[] =>
      checkContracts(one, other).map(({ problem }) => problem);
    expect(problems(before, orders({ 'order.placed': placed }, { codec: json() }))).toEqual([]);
    expect(problems(before, orders({ 'order.placed': placed }, { codec: packed }))).toEqual([
      expect.stringContaining('the codec changed from json to packed'),
    ]);
    expect(problems(at('a'), at('a'))).toEqual([]);
    expect(problems(at('a'), at('b'))).toEqual([expect.stringContaining('the format changed from plain {"type"')]);
    expect(problems(before, at('a'))).toEqual([expect.stringContaining('the format changed from cloudEvents')]);
  });

  it('breaks new consumers where a required property is added', () => {
    const findings = checkContracts(before, orders({ 'order.placed': placed.extend({ currency: z.string() }) }));

    expect(findings).toMatchObject([
      { direction: 'backward', kind: 'breaking', problem: expect.stringContaining('"currency"') },
    ]);
  });

  it('breaks new consumers where tombstones are not declared any more, and nobody where they stay', () => {
    const table = (): typeof before => orders({ 'order.placed': placed }, { tombstones: true });
    expect(checkContracts(table(), table())).toEqual([]);
    expect(checkContracts(table(), before)).toMatchObject([
      { direction: 'backward', kind: 'breaking', event: 'tombstone' },
    ]);
  });

  it('breaks nobody where a property with a default is added', () => {
    const after = orders({ 'order.placed': placed.extend({ currency: z.string().default('EUR') }) });
    expect(checkContracts(before, after)).toEqual([]);
  });

  it.each<[name: string, events: Record<string, z.ZodType>, options: object, expected: object]>([
    [
      'a type is added',
      { 'order.placed': placed, 'order.shipped': placed },
      {},
      { direction: 'forward', kind: 'breaking', event: 'order.shipped' },
    ],
    [
      'tombstones are declared',
      { 'order.placed': placed },
      { tombstones: true },
      { direction: 'forward', kind: 'breaking', event: 'tombstone' },
    ],
    ['a type is removed', { other: placed }, {}, { direction: 'backward', kind: 'breaking', event: 'order.placed' }],
    [
      'the key function changes',
      { 'order.placed': placed },
      { key: () => 'all' },
      { direction: 'topic', kind: 'unknown' },
    ],
    ['the key is given up', { 'order.placed': placed }, { key: null }, { direction: 'topic', kind: 'breaking' }],
    [
      'partitions are added to a keyed topic',
      { 'order.placed': placed },
      { partitions: 8 },
      { kind: 'breaking', problem: expect.stringContaining('order') },
    ],
    [
      'retention shrinks',
      { 'order.placed': placed },
      { retention: '1d' },
      { kind: 'breaking', problem: 'retention shrinks from 604800000 ms to 86400000 ms' },
    ],
    ['compaction is declared otherwise', { 'order.placed': placed }, { compaction: true }, { kind: 'breaking' }],
  ])('is seen where %s', (_, events, options, expected) => {
    const findings = checkContracts(
      orders({ 'order.placed': placed }, { compaction: false }),
      orders(events, { compaction: false, ...options }),
    );
    expect(findings).toEqual(expect.arrayContaining([expect.objectContaining(expected)]));
    expect(findings.every(({ cure }) => cure !== undefined)).toBe(true);
  });

  it('is none where retention grows, and a break where a topic goes or turns raw', () => {
    expect(checkContracts(before, orders({ 'order.placed': placed }, { retention: 'forever' }))).toEqual([]);
    expect(checkContracts(before, describeTopics([]))).toMatchObject([{ kind: 'breaking', direction: 'topic' }]);
    expect(
      checkContracts(before, describeTopics([defineTopic('orders', { raw: true, partitions: 4, retention: '7d' })])),
    ).toMatchObject([{ kind: 'breaking', direction: 'topic' }]);
  });
});

describe('a contract', () => {
  it('is not written where a schema has no JSON form: the error names topic, type and cure', () => {
    expect(() => orders({ 'order.placed': z.object({ at: z.date() }) })).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringMatching(/topic "orders", event "order.placed".*as text/),
      }),
    );
  });

  it('is not written where two topics of one name differ', () => {
    const one = defineTopic('orders', { raw: true, partitions: 1 });
    const other = defineTopic('orders', { raw: true, partitions: 2 });
    expect(() => describeTopics([one, other])).toThrow(expect.objectContaining({ code: 'conflict' }));
    expect(Object.keys(describeTopics([one, one]).topics)).toEqual(['orders']);
  });

  it('is not read from anything else', () => {
    for (const value of [null, [], 'contract', {}, { format: 'isostream-contract', version: 2, topics: {} }])
      expect(() => readContract(value)).toThrow(expect.objectContaining({ code: 'invalid-config' }));
  });
});
