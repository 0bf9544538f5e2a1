// For scenarios of packages that the suite does not know: the stage, what records on it, and what judges its history.
export { atLeast, tell } from './checks/check.ts';
export { resumesAfter } from './checks/delivery.ts';
export { groupName, judgeInvariants } from './checks/invariants.ts';
export { everyStoredSettled, storedInOrder, storedOnce } from './checks/stored.ts';
export { MemberProcess, type VolatileMember } from './faults/member-process.ts';
export { MortalSink } from './faults/mortal-sink.ts';
export { recordingAdapter } from './history/recording-adapter.ts';
export type { LoadTopic } from './load/load-topic.ts';
export { withOther } from './mutants/distort-streams.ts';
export { recordedStreams } from './run/recorded-streams.ts';
export { Stage } from './run/stage.ts';
