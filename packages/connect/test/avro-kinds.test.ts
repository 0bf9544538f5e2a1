import { createConverter, Decimal, Num, Struct, type Typed, type Value } from '@isostream/connect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Registry } from './support/registry.ts';

const registry = new Registry();
beforeAll(() => registry.start());
afterAll(() => registry.close());

let subjects = 0;

/** What is read of a record with the field x, once it was written by the newest schema of a subject. */
async function through(type: unknown, value?: Value, more: object = {}): Promise<Value | undefined> {
  const record = { type: 'record', name: 'R', fields: [{ name: 'x', type, ...more }] };
  // Numbers beyond 53 bits stand as text in tests.
  return throughText(JSON.stringify(record).replaceAll(/"exact:(\d+)"/g, '$1'), value);
}

async function throughText(schema: string, value?: Value): Promise<Value | undefined> {
  const topic = `kinds-${(subjects += 1)}`;
  registry.register(`${topic}-value`, schema);
  const converter = createConverter('AvroConverter', {
    'schema.registry.url': registry.url,
    'auto.register.schemas': 'false',
    'use.latest.version': 'true',
  });
  const target = { topic, part: 'value' } as const;
  const typed: Typed = { schema: null, value: new Map(value === undefined ? [] : [['x', value]]) };
  await converter.prepareWrite?.(typed, target);
  const bytes = converter.write(typed, target);
  await converter.prepare?.(bytes);
  const read = converter.read(bytes).value;
  const x = read instanceof Struct ? read.values.get('x') : undefined;
  // Of a union with several types, the one that was written.
  return x instanceof Struct ? [...x.values.values()][0] : x;
}

describe('a number in Avro', () => {
  it.each<readonly [Value, unknown, Value]>([
    [2n ** 53n + 1n, ['null', 'double', 'long'], 2n ** 53n + 1n],
    [7n, ['double', 'int', 'long'], 7n],
    [new Num('int32', 7), ['long', 'int'], new Num('int32', 7)],
    [0.5, ['float', 'double'], 0.5],
    [1.1, ['null', 'float', 'double'], 1.1],
    [new Num('float32', 0.1), ['double', 'float'], new Num('float32', 0.1)],
    [7n, ['null', 'double'], 7],
    [1.1, 'float', new Num('float32', 1.1)],
    [new Num('float32', 0.5), 'double', 0.5],
    [Infinity, 'float', new Num('float32', Infinity)],
    [new Decimal(5n, 1), 'double', 0.5],
  ])('is what it was: %o as %j', async (value, type, read) => {
    expect(await through(type, value)).toEqual(read);
  });

  it.each<readonly [Value, unknown]>([
    [2n ** 53n + 1n, 'double'],
    [new Decimal(2n ** 53n + 1n, 0), 'double'],
    [2n ** 24n + 1n, 'float'],
    [new Num('int32', 2 ** 24 + 1), 'float'],
    [1e300, 'float'],
    [new Decimal(1n, -400), 'double'],
    [new Date('2026-12-01'), { type: 'int', logicalType: 'time-millis' }],
    [new Date(8.64e15), { type: 'int', logicalType: 'time-millis' }],
    [123_456n, { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }],
    [new Decimal(-12_345n, 2), { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }],
  ])('that its type cannot hold makes the record bad: %o as %j', async (value, type) => {
    await expect(through(type, value)).rejects.toThrow('its Avro schema says');
  });

  it('keeps the digits that a decimal may have', async () => {
    const type = { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 };
    expect(await through(type, new Decimal(-9_999n, 2))).toEqual(new Decimal(-9_999n, 2));
    expect(await through(type, new Decimal(99n, 0))).toEqual(new Decimal(9_900n, 2));
  });
});

describe('the default of a field in Avro', () => {
  const decimal = { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 };
  it.each<readonly [unknown, unknown, Value]>([
    ['bytes', '\u00ff', Buffer.from([255])],
    [{ type: 'fixed', name: 'F', size: 1 }, '\u00e9', Buffer.from([0xe9])],
    [decimal, '\u0001', new Decimal(1n, 2)],
    [['bytes', 'null'], '\u00ff', Buffer.from([255])],
    [['null', 'string'], null, null],
    [['string', 'null'], 'x', 'x'],
    ['long', 'exact:9007199254740993', 2n ** 53n + 1n],
    [{ type: 'array', items: 'bytes' }, ['\u00ff'], [Buffer.from([255])]],
    [{ type: 'map', values: 'bytes' }, { a: '\u00ff' }, new Map([['a', Buffer.from([255])]])],
  ])('is what its type says: %j', async (type, json, value) => {
    expect(await through(type, undefined, { default: json })).toEqual(value);
  });
});
