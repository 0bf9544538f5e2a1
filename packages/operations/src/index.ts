export { type AccessOptions, type AccessRole, accessNeeds, accessRoles } from './access.ts';
export { type CapacityPlan, type HandlerDemand, type LimitUse, planCapacity } from './capacity.ts';
export { eventJson, eventLine, formatEvent, formatFields, shownText, unknownField } from './event-text.ts';
export { matches, type EventFilter } from './event-filter.ts';
export { viewOf, type EventView, type PayloadView, type Place, type Shown } from './event-view.ts';
export { getEvent, search, tail, type SearchOptions, type SearchReport, type TailOptions } from './events.ts';
export { lookAtGroup, type GroupState, type GroupView, type MemberView, type PartitionView } from './group-view.ts';
export { humanCount, humanDuration, humanRate } from './human.ts';
export { prettyJson } from './json-text.ts';
export { lagMetrics } from './lag-metrics.ts';
export { LagWatch, type LagPoint, type WatchedGroup, type WatchedOverview } from './lag-watch.ts';
export {
  findLetter,
  listLetters,
  planDiscard,
  planEdit,
  planRedrive,
  rawTopic,
  type LetterEdit,
  type LetterFilter,
  type LetterGroup,
  type LetterList,
  type LetterPlan,
  type LetterReport,
  type LetterView,
  type RedriveLimits,
  type RunnableLetters,
} from './letters.ts';
export { NotFound } from './not-found.ts';
export { overview, type Overview, type OverviewOptions } from './overview.ts';
export {
  planReset,
  type ResetPlan,
  type ResetResult,
  type ResetStep,
  type ResetTarget,
  type RunnableReset,
} from './reset.ts';
export {
  planTopology,
  type RunnableTopology,
  type SettingChange,
  type TopicsPlan,
  type TopologyOptions,
  type TopologyStep,
} from './topology.ts';
