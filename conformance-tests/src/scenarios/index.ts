import type { Scenario } from '../run/scenario.ts';
import * as delivery from './delivery.ts';
import * as ordering from './ordering.ts';
import * as retry from './retry.ts';

/** Every scenario of the suite, in the order of their ids. */
export const scenarios: readonly Scenario[] = [
  ...Object.values(delivery),
  ...Object.values(ordering),
  ...Object.values(retry),
].sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true }));
