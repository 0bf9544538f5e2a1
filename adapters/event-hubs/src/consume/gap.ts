import type { Gap } from '@isostream/core/adapter';
import type { PartitionProperties } from '../answers.ts';

/** What the service says of a partition now. */
export type LookUp = (partition: string, signal: AbortSignal) => Promise<PartitionProperties>;

/** Two numbers that should follow each other and do not. */
export interface Jump {
  readonly from: number;
  readonly to: number;
}

/**
 * What a jump means: retention was here, or the hub was made anew. `undefined` where the service simply left numbers out,
 * which it does not promise never to do.
 */
export async function gapAt(
  { from, to }: Jump,
  partition: string,
  lookUp: LookUp,
  signal: AbortSignal,
): Promise<Gap | undefined> {
  if (to < from) return { from: String(from), to: String(to), missing: undefined };
  const { beginningSequenceNumber } = await lookUp(partition, signal);
  if (beginningSequenceNumber <= from) return undefined;
  return { from: String(from), to: String(to), missing: to - from };
}

/**
 * The gap in front of the first event behind a place that has an offset and no number. What lies there and is the oldest
 * event that is kept is what the service answers where retention removed the rest, and says nothing of it.
 */
export async function gapBefore(
  first: number,
  partition: string,
  lookUp: LookUp,
  signal: AbortSignal,
): Promise<Gap | undefined> {
  const { beginningSequenceNumber } = await lookUp(partition, signal);
  if (first === 0 || first > beginningSequenceNumber) return undefined;
  return { from: '0', to: String(first), missing: undefined };
}
