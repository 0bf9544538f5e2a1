export { type Property, type PropertyFile, parseProperties } from './properties/parse.ts';
export { ConfigError, type Properties } from './config/definition.ts';
export {
  BigInteger,
  DataError,
  Decimal,
  type Field,
  Num,
  type NumType,
  type Schema,
  type SchemaType,
  Struct,
  type Typed,
  type Value,
} from './data/values.ts';
export type { Converter } from './converters/converter.ts';
export { converterNames, createConverter } from './converters/converters.ts';
export type { ConnectRecord, RecordHeader, Transform } from './transforms/record.ts';
export { applyTransforms, type Chain, createTransforms, type Step } from './transforms/transforms.ts';
