import type { Capabilities } from '@isostream/core/adapter';

/** Whether partitions are committed up to a position; else events are settled one by one. */
export function hasPositions({ settlement }: Capabilities): boolean {
  return settlement === 'watermark';
}

/** Whether events have headers of their own; else what they would say is in a wrapper. */
export function hasHeaders({ headers }: Capabilities): boolean {
  return headers !== 'none';
}

export type { Mutant } from '../suites/harness.ts';
