export { createStreams } from './streams/streams.ts';
export {
  defineTopic,
  eventTypes,
  type RawTopicOptions,
  type Topic,
  type TopicInput,
  type TopicOutput,
  type TypedTopicOptions,
} from './model/define-topic.ts';
export { errorCodes, type ErrorCode } from './errors/codes.ts';
export { NonRetryableError, StreamError, type Outcome, type StreamErrorOptions } from './errors/stream-error.ts';
export { decodeEvent, type StoredRecord } from './codec/decode-event.ts';
export { json } from './codec/json-codec.ts';
export type { CodecSchemas, CodedData, DataAbout, DataCodec, StoredDataAbout } from './model/data-codec.ts';
export {
  cloudEvents,
  plain,
  type CloudEventsFormat,
  type Format,
  type PlainAttribute,
  type PlainFormat,
  type PlainOptions,
  type PlainRecord,
} from './model/format.ts';
export { skip } from './consume/options.ts';
export type { Header, Key, Position } from './model/encoded.ts';
export type { Schema, SchemaIssue, SchemaResult } from './model/schema.ts';
export { versions, type OlderVersion, type VersionedSchema, type VersionsOptions } from './model/versions.ts';
export type {
  EventAttributes,
  EventInput,
  EventOf,
  EventSchemas,
  InputOf,
  RawEvent,
  RawInput,
  SchemaInput,
  SchemaOutput,
  StreamEvent,
  TombstoneEvent,
  TombstoneInput,
} from './model/event.ts';
export type { Retention, TopicStorage } from './model/storage.ts';
export type { Adapter } from './contract/opaque-adapter.ts';
export type { GroupMember, PartitionLag, TopicDescription, TopicGroup, TopicSettings } from './contract/admin.ts';
export type { Capabilities, CloudEventsBinding } from './contract/capabilities.ts';
export type { Start } from './contract/source.ts';
export type {
  Batch,
  BatchOptions,
  ConsumerOptions,
  Delivery,
  Handler,
  HandlerContext,
  HandlerMap,
  Ordering,
  ProcessOptions,
  RetryOptions,
} from './consume/options.ts';
export type { HandleMiddleware } from './consume/middleware.ts';
export type { MiddlewareScope, SendMiddleware } from './produce/middleware.ts';
export type { CloseOptions, ProducerOptions, SendOptions, SendReceipt, SendResult } from './produce/options.ts';
export {
  observe,
  type Attempt,
  type Observations,
  type Observer,
  type Ownership,
  type ProducerQueue,
} from './observe/channels.ts';
export type { Logger, LogLevel } from './observe/logger.ts';
export type { Backoff } from './retry/backoff.ts';
export type { CancelTimer, Clock } from './time/clock.ts';
export type { Duration, Size } from './units/units.ts';
export type {
  RawContent,
  Consent,
  Consumer,
  ConsumerHealth,
  DeadLetter,
  DiscardOptions,
  DiscardReport,
  Health,
  Middleware,
  Producer,
  ProducerHealth,
  RedriveOptions,
  RedriveReport,
  Replay,
  ReplayOptions,
  ServiceHealth,
  Streams,
  StreamsAdmin,
  StreamsOptions,
  TopologyChange,
  TopologyPlan,
  TopologyProblem,
  Within,
} from './streams/types.ts';
export type { OpenedLetter } from './dead-letter/letter.ts';
