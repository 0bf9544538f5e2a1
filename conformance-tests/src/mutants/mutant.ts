import type { Capabilities } from '@isostream/core/adapter';
import type { Distortion } from '../run/stage-options.ts';
import type { Harness } from '../suites/harness.ts';

/** Whether partitions are committed up to a position; else events are settled one by one. */
export function hasPositions({ settlement }: Capabilities): boolean {
  return settlement === 'watermark';
}

/** Whether events have headers of their own; else what they would say is in a wrapper. */
export function hasHeaders({ headers }: Capabilities): boolean {
  return headers !== 'none';
}

/** A provider that is wrong in one way, and the checks that must notice. */
export interface Mutant {
  readonly name: string;
  /** What is wrong, as an operator would tell it. */
  readonly defect: string;
  /**
   * `<scenario>: <check>` of the checks that are there to notice; these scenarios are run. One of the checks must notice,
   * and no other counts.
   */
  readonly noticedBy: readonly string[];
  /** Whether a provider that declares this can be wrong in this way. Default: every provider can. */
  readonly exists?: (capabilities: Capabilities) => boolean;
  /** It needs members in one process; its scenarios have them in processes of their own where the provider allows it. */
  readonly inOneProcess?: true;
  /** Makes all clients of a provider wrong, also those in member processes; for what goes wrong inside of one adapter. */
  readonly harness?: (harness: Harness) => Harness;
  /** Fresh for each scenario: mutants may keep state. */
  readonly distort: (service: Pick<Harness, 'sessionTimeoutMs'>) => Distortion;
}
