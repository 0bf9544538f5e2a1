import { applyTransforms, type ConnectRecord, createConverter, createTransforms, Struct } from '@isostream/connect';
import { describe, expect, it } from 'vitest';

const converter = createConverter('JsonConverter', { 'schemas.enable': 'true' });
/** Leaves a null in place that a default could be put for. */
const exact = createConverter('JsonConverter', { 'schemas.enable': 'true', 'replace.null.with.default': 'false' });
const string = { type: 'string', optional: false };

function struct(...fields: readonly object[]): object {
  return { type: 'struct', fields, optional: true };
}

/** What becomes of a value with a schema, as the converter writes it. */
function made(type: string, config: Record<string, string>, schema: object, payload: unknown, by = converter): unknown {
  const properties: Record<string, string> = { transforms: 't', 'transforms.t.type': `${type}$Value` };
  for (const [name, value] of Object.entries(config)) properties[`transforms.t.${name}`] = value;
  const chain = createTransforms(properties);
  const record: ConnectRecord = {
    kind: 'sink',
    topic: 'rides',
    partition: 0,
    offset: 1n,
    key: { schema: null, value: null },
    value: by.read(Buffer.from(JSON.stringify({ schema, payload }))),
    headers: [],
    timestamp: 1_000,
  };
  const output = applyTransforms(chain, record);
  const written = output === null ? null : by.write(output.value);
  return written === null ? null : JSON.parse(Buffer.from(written).toString());
}

const a = { field: 'a', ...string };
const b = { field: 'b', ...string };

describe('a transform of a struct', () => {
  it.each([
    ['ReplaceField', { exclude: 'b' }, [a]],
    ['InsertField', { 'static.field': 'c', 'static.value': 'x' }, [a, b, { ...string, optional: true, field: 'c' }]],
    ['HeaderFrom', { fields: 'b', headers: 'h', operation: 'move' }, [a]],
  ])('makes a required one, as Kafka Connect does: %s', (type, config, fields) => {
    expect(made(type, config, struct(a, b), { a: '1', b: '2' })).toMatchObject({
      schema: { type: 'struct', optional: false, fields },
    });
  });

  it.each<readonly [string, string, readonly string[]]>([
    ['exclude', 'zzz', ['a', 'b']],
    ['renames', 'a:c', ['c', 'b']],
  ])('takes a struct without a value for an optional field: ReplaceField with %s', (property, text, names) => {
    const schema = {
      type: 'struct',
      fields: [
        { name: 'a', schema: { type: 'string' } },
        { name: 'b', schema: { type: 'string', optional: true } },
      ],
    } as const;
    const chain = createTransforms({
      transforms: 't',
      'transforms.t.type': 'ReplaceField$Value',
      [`transforms.t.${property}`]: text,
    });
    const value = applyTransforms(chain, {
      kind: 'source',
      topic: 'rides',
      partition: null,
      offset: null,
      key: { schema: null, value: null },
      value: { schema, value: new Struct(schema, new Map([['a', '1']])) },
      headers: [],
      timestamp: null,
    })?.value.value;
    expect(value instanceof Struct ? [...value.values] : value).toEqual([
      [names[0], '1'],
      [names[1], null],
    ]);
  });

  it('makes the fields of an optional struct optional where it flattens it', () => {
    const flat = { ...string, optional: true, field: 'a' };
    expect(made('Flatten', {}, struct(a), { a: '1' })).toMatchObject({ schema: { optional: false, fields: [flat] } });
  });

  it.each([
    ['InsertField', { 'static.field': 'a', 'static.value': 'x' }],
    ['ReplaceField', { renames: 'a:b' }],
    ['ReplaceField', { renames: 'missing:b' }],
  ])('is refused where a field would be there twice: %s', (type, config) => {
    expect(() => made(type, config, struct(a, b), { a: '1', b: '2' })).toThrow(/twice|which is not there/);
  });

  it('converts the schema of a record that is null as well', () => {
    const config = { field: 'a', 'target.type': 'unix', format: 'yyyy' };
    expect(made('TimestampConverter', config, struct(a), null)).toMatchObject({
      schema: { fields: [{ field: 'a', type: 'int64' }] },
      payload: null,
    });
  });

  it('keeps what a masked decimal is worth: its bytes have the digits that the schema says', () => {
    const name = 'org.apache.kafka.connect.data.Decimal';
    const decimal = { field: 'd', type: 'bytes', name, version: 1, parameters: { scale: '2' } };
    const config = { fields: 'd', replacement: '4.5' };
    const bytes = Buffer.from([0x01, 0xc2]).toString('base64');
    expect(made('MaskField', config, struct(decimal), { d: 'AQI=' })).toMatchObject({ payload: { d: bytes } });
    expect(() => made('MaskField', { ...config, replacement: '4.555' }, struct(decimal), { d: 'AQI=' })).toThrow(
      '3 digits behind the point',
    );
  });

  const withDefault = { field: 'a', type: 'string', optional: true, default: '7' };
  const cases: readonly (readonly [string, Record<string, string>])[] = [
    ['InsertField', { 'static.field': 'c', 'static.value': 'x' }],
    ['ReplaceField', { exclude: 'b' }],
    ['MaskField', { fields: 'b' }],
    ['Cast', { spec: 'b:boolean' }],
    ['TimestampConverter', { field: 'b', 'target.type': 'string', format: 'yyyy' }],
    ['HeaderFrom', { fields: 'b', headers: 'h', operation: 'move' }],
    ['SetSchemaMetadata', { 'schema.name': 'n' }],
  ];
  it.each(cases)('puts a default for null, and not with replace.null.with.default=false: %s', (type, config) => {
    const left = (replaces: string): unknown =>
      made(
        type,
        { ...config, 'replace.null.with.default': replaces },
        struct(withDefault, { ...b, optional: true }),
        { a: null, b: null },
        exact,
      );
    expect(left('true')).toMatchObject({ payload: { a: '7' } });
    expect(left('false')).toMatchObject({ payload: { a: null } });
  });

  it('extracts a null as it is with replace.null.with.default=false', () => {
    const extracted = (replaces: string): unknown =>
      made('ExtractField', { field: 'a', 'replace.null.with.default': replaces }, struct(withDefault), {}, exact);
    expect(extracted('true')).toMatchObject({ payload: '7' });
    expect(extracted('false')).toMatchObject({ payload: null });
  });

  it('swaps two names, also where only one of them is there', () => {
    const swapped = { schema: { fields: [a] }, payload: { a: '2' } };
    expect(made('ReplaceField', { renames: 'a:b,b:a' }, struct(b), { b: '2' })).toMatchObject(swapped);
  });

  it.each([
    ['InsertField', { 'topic.field': '!' }],
    ['HoistField', { field: '' }],
  ])('is refused where a field would have no name: %s', (type, config) => {
    expect(() => made(type, config, struct(a), { a: '1' })).toThrow('without a name');
  });
});
