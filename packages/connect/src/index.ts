export { type Property, type PropertyFile, parseProperties } from './properties/parse.ts';
export { ConfigError, type Properties } from './config/definition.ts';
export {
  BigInteger,
  DataError,
  Decimal,
  type Field,
  Num,
  type NumType,
  type Schema as ConnectSchema,
  type SchemaType,
  Struct,
  type Typed,
  type Value,
} from './data/values.ts';
export type { Converter } from './converters/converter.ts';
export { converterNames, createConverter } from './converters/converters.ts';
export type { ConnectRecord, RecordHeader, Transform } from './transforms/record.ts';
export { applyTransforms, type Chain, createTransforms, type Step } from './transforms/transforms.ts';
export type { Config as ConnectConfig, Definition, Definitions } from './config/definition.ts';
export type { ConnectorPlan } from './config/check-connector.ts';
export type { SinkPlan } from './config/sink-connector.ts';
export type { SourcePlan } from './config/source-connector.ts';
export type { Converters as ConnectConverters } from './config/common.ts';
export { type ConnectPlan, readConnectFiles, type ReadOptions } from './config/read-files.ts';
export type { KafkaConnection } from './config/worker.ts';
export { runConnectors, type RunOptions as RunConnectorsOptions } from './run/run.ts';
export {
  type PutResult,
  type Sink as ConnectSink,
  type SinkClass,
  type SinkContext,
  type SinkRecord,
  TargetUnavailable,
} from './sinks/sink.ts';
export {
  type Source as ConnectSource,
  type SourceClass,
  type SourceContext,
  type RelayingSource,
  type SourceRecord,
  SourceUnavailable,
} from './sources/source.ts';
export { mirrorSource, type OpenService } from './sources/mirror.ts';
export type { SourceOffset, SourcePlace } from './offsets/place.ts';
export type { OffsetStore } from './offsets/store.ts';
export { fileOffsets } from './offsets/file-store.ts';
export { type OffsetTableClient, tableOffsets, type TableOffsetsOptions } from './offsets/table-store.ts';
export { topicOffsets, type TopicOffsetsOptions } from './offsets/topic-store.ts';
