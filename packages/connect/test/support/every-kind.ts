import { Decimal, Num, Struct, type Typed, type Value } from '@isostream/connect';

type Schema = NonNullable<Typed['schema']>;

const logical = (type: Schema['type'], name: string, more: object = {}): Schema => ({
  type,
  name: `org.apache.kafka.connect.data.${name}`,
  version: 1,
  ...more,
});
export const place: Schema = {
  type: 'struct',
  name: 'shop.Place',
  fields: [{ name: 'zip', schema: { type: 'string' } }],
};
/** Each type of Kafka Connect, and a value of it. */
export const all: readonly (readonly [name: string, schema: Schema, value: Value])[] = [
  ['flag', { type: 'boolean' }, true],
  ['small', { type: 'int8' }, new Num('int8', -7)],
  ['short', { type: 'int16' }, new Num('int16', 300)],
  ['count', { type: 'int32', default: new Num('int32', 5) }, new Num('int32', -1)],
  ['big', { type: 'int64' }, -(2n ** 63n)],
  ['ratio', { type: 'float32' }, new Num('float32', 0.1)],
  ['exact', { type: 'float64' }, -1.25],
  ['name', { type: 'string', optional: true }, null],
  ['other', { type: 'string', optional: true }, 'é'],
  ['either', { type: 'string', optional: true, default: 'x' }, 'y'],
  ['hash', { type: 'bytes' }, Buffer.from([0, 255])],
  ['day', logical('int32', 'Date'), new Date(-86_400_000)],
  ['hour', logical('int32', 'Time'), new Date(1_000)],
  ['at', logical('int64', 'Timestamp', { optional: true }), new Date(-1)],
  ['price', logical('bytes', 'Decimal', { parameters: { scale: '2' } }), new Decimal(-12_345n, 2)],
  ['tags', { type: 'array', values: { type: 'string', optional: true } }, ['a', null]],
  ['counts', { type: 'map', keys: { type: 'string' }, values: { type: 'int64' } }, new Map([['k', 2n ** 40n]])],
  ['from', place, new Struct(place, new Map([['zip', '1000']]))],
  ['to', { ...place, optional: true }, new Struct(place, new Map([['zip', '2000']]))],
];
