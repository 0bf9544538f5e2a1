import type { Position, Streams } from '@isostream/core';
import { linkedSignal } from '@isostream/core/adapter';
import { search } from './events.ts';

/** How long, and through how many events, the first event of each partition is looked for: a plan is shown at once. */
const patienceMs = 5_000;
const maxEvents = 20_000;

/**
 * The position of the first event of each partition at or after a start, `null` where there is none. A partition that was not found
 * in time is left out.
 */
export async function findStarts(
  streams: Streams,
  topic: string,
  from: 'earliest' | Date,
  partitions: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Position | null>> {
  const starts = new Map<string, Position | null>();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), patienceMs);
  const linked = linkedSignal([signal, late.signal]);
  let read = 0;
  try {
    const { complete } = await search(streams, topic, { from, signal: linked.signal }, ({ partition, position }) => {
      if (!starts.has(partition)) starts.set(partition, position);
      return starts.size >= partitions.length || ++read >= maxEvents ? 'stop' : undefined;
    });
    if (complete) for (const partition of partitions) if (!starts.has(partition)) starts.set(partition, null);
    return starts;
  } finally {
    clearTimeout(timer);
    linked.unlink();
  }
}
