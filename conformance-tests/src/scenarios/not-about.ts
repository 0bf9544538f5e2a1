import { because, type Scenario } from '../run/scenario.ts';

/** For topics without keys: nothing is in order. */
export const noKeys: NonNullable<Scenario['without']> = because(
  'its topics have no keys',
  'stable partition',
  'order per key',
  'after predecessors',
  'single flight per key',
  'repeats are suffixes',
  'positions grow',
);

/** For topics of which retention removes what nobody has read. */
export const isTrimmed: NonNullable<Scenario['without']> = because(
  'events that retention removed are passed over',
  'all delivered',
  'after predecessors',
  'contiguous commits',
  'repeats are suffixes',
);

/** For groups that do not begin where the log does. */
export const startsInTheMiddle: NonNullable<Scenario['without']> = because(
  'groups start in the middle of the log',
  'all delivered',
  'after predecessors',
  'contiguous commits',
);
