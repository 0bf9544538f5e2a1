export type { Entry } from '../history/entry.ts';
export { History, now, ofKind } from '../history/history.ts';
export { type Invariant, invariants } from './invariants.ts';
export { below, seededFor } from '../run/random.ts';
