export { type AccessOptions, type AccessRole, accessNeeds, accessRoles } from './access.ts';
export { type CapacityPlan, type HandlerDemand, type LimitUse, planCapacity } from './capacity.ts';
export { eventJson, eventLine, formatEvent, formatFields, shownText, unknownField } from './event-text.ts';
export { matches, type EventFilter } from './event-filter.ts';
export { viewOf, type EventView, type PayloadView, type Place, type Shown } from './event-view.ts';
export { getEvent, search, tail, type SearchOptions, type SearchReport, type TailOptions } from './events.ts';
export { planDeleteGroup, type DeleteGroupPlan, type RunnableDeleteGroup } from './delete-group.ts';
export { lookAtGroup, type GroupState, type GroupView, type MemberView, type PartitionView } from './group-view.ts';
export { humanCount, humanDuration, humanRate } from './human.ts';
export { prettyJson } from './json-text.ts';
export { lagMetrics } from './lag-metrics.ts';
export { LagWatch, type LagPoint, type WatchedGroup, type WatchedOverview } from './lag-watch.ts';
export { planDiscard } from './letters/discard.ts';
export { planEdit, type LetterEdit } from './letters/edit.ts';
export type { LetterFilter } from './letters/filter.ts';
export type { LetterGroup } from './letters/groups.ts';
export type { LetterPlan, LetterReport, RunnableLetters } from './letters/plan.ts';
export { rawTopic } from './letters/raw-topic.ts';
export {
  findLetter,
  firstLetters,
  listLetters,
  readLetters,
  type LetterList,
  type LettersRead,
  type ReadLetters,
} from './letters/read.ts';
export { planRedrive, type RedriveLimits } from './letters/redrive.ts';
export type { LetterView } from './letters/view.ts';
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
