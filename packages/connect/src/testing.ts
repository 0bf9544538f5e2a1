/** For authors of connectors: checks of sinks and sources, and wrong versions that they have to see. Needs no test framework. */
export { RequestGate, type GateRequest, type HeldRequest, type RequestFault } from './testing/gate.ts';
export { playSink, type PlaySinkOptions, type SinkCheck, sinkChecks, type SinkStage } from './testing/sink-checks.ts';
export { sinkDistortions } from './testing/sink-distortions.ts';
export {
  playSinkRun,
  type PlaySinkRunOptions,
  type SinkRunCheck,
  sinkRunChecks,
  type SinkRunStage,
} from './testing/sink-run-checks.ts';
export { type RunDistortion, runDistortions } from './testing/run-distortions.ts';
export {
  playSource,
  type PlaySourceOptions,
  type SourceCheck,
  sourceChecks,
  type SourceStage,
} from './testing/source-checks.ts';
export { sourceDistortions } from './testing/source-distortions.ts';
export type { SourceDistortion, SourceOrigin, SourceSubject, StoredNow } from './testing/source-subject.ts';
export type { SinkDistortion, SinkEffect, SinkSubject, SinkTarget, TestService } from './testing/subject.ts';
export type { PlayOptions } from './testing/until.ts';
