/** For adapter authors: the contract, and what every adapter needs. Applications import from `@isostream/core`. */
export type { Adapter } from './contract/adapter.ts';
export type { AccessAct, AccessNeed, AccessPolicy, AccessRight, PolicyOptions } from './contract/access.ts';
export type { CapacityDemand, CapacityLimit, CapacityModel, CostDriver } from './contract/capacity.ts';
export { configProblems, type AdapterConfig } from './contract/adapter-config.ts';
export { invalidAddress, parseAddress, type Address, type AddressForm } from './contract/address.ts';
export { expected, isObject, nameOf, type Expectation } from './contract/expected.ts';
export { parseJson, printJson } from './codec/json.ts';
export { TextCache } from './codec/text-cache.ts';
export { openAdapter } from './contract/open-adapter.ts';
export type {
  Admin,
  GroupMember,
  PartitionLag,
  TopicDescription,
  TopicGroup,
  TopicSettings,
  WrongPosition,
} from './contract/admin.ts';
export type { Capabilities, CloudEventsBinding } from './contract/capabilities.ts';
export type { BatchResult, InFlightLimits, LaneBatch, Sink, Written } from './contract/sink.ts';
export type {
  Assignment,
  Cursor,
  Gap,
  IndividualAssignment,
  Mark,
  OpenRange,
  EventPage,
  Range,
  RangeCursor,
  Source,
  SourceListener,
  Start,
  Subscription,
  WatermarkAssignment,
} from './contract/source.ts';
export { EventBacklog } from './consume/backlog.ts';
export { CollectedPage } from './consume/collected-page.ts';
export { messageOf } from './errors/message-of.ts';
export { errorCodes, type ErrorCode } from './errors/codes.ts';
export { shown } from './errors/shown.ts';
export { StreamError, type Outcome, type StreamErrorOptions } from './errors/stream-error.ts';
export { balance } from './group/balance.ts';
export {
  option,
  takeOptions,
  type DeclarationOf,
  type DeclaredOption,
  type DeclaredOptions,
  type OptionText,
  type TakenOptions,
} from './contract/options.ts';
export { nearestOf, unknownOption } from './options/unknown-option.ts';
export { keyFromBytes, keyId } from './model/key-id.ts';
export { sizeOf, type EncodedEvent, type Header, type Key, type Position, type StoredEvent } from './model/encoded.ts';
export {
  observe,
  type Attempt,
  type Observations,
  type Observer,
  type Ownership,
  type ProducerQueue,
} from './observe/channels.ts';
export { streamsOptionNames } from './streams/check-options.ts';
export { unawaited } from './streams/unawaited.ts';
export { Warnings } from './observe/warnings.ts';
export { backoffDelay, resolveBackoff, type Backoff, type BackoffMs } from './retry/backoff.ts';
export { retrying, type Retrying } from './retry/retrying.ts';
export { abortable } from './time/abortable.ts';
export { bounded } from './time/bounded.ts';
export { systemClock, type CancelTimer, type Clock } from './time/clock.ts';
export { toBytes, toMilliseconds, type Duration, type Size } from './units/units.ts';
export { settledWithin, withDeadline, type Deadline } from './time/deadline.ts';
export { linkedSignal, onAbort } from './time/on-abort.ts';
export { abortedBy, pause, sleep, untilAborted } from './time/wait.ts';
/** Reads a dead letter as it is stored; for tools that look at dead-letter topics themselves. */
export { openLetter, type OpenedLetter } from './dead-letter/letter.ts';
export { deadLetterName, deadLetterTopic, prepareLetters } from './dead-letter/letter-topic.ts';
