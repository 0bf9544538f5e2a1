import { type EncodedEvent, keyId, type LaneBatch, type Sink, type StoredEvent } from '@isostream/core/adapter';
import { withEvents } from './distort-assignments.ts';

/** Events alone in their batch of which one is stored late. */
const oneIn = 5;

/** Swaps two events of a batch; an event that is alone in its batch is now and then stored after the next one of its lane. */
export function inWrongOrder(sink: Sink): Pick<Sink, 'write'> {
  const swapped = withEvents(sink, swapTwoOfAKey);
  const late = new Map<string, LaneBatch>();
  let alone = 0;
  return {
    async write(route, batches, signal) {
      const kept = new Set(
        batches.filter(({ lane, events }) => events.length === 1 && !late.has(lane) && ++alone % oneIn === 0),
      );
      const others = batches.filter((batch) => !kept.has(batch));
      const results = others.length === 0 ? [] : await swapped.write(route, others, signal);
      for (const { lane } of others) {
        const before = late.get(lane);
        late.delete(lane);
        if (before !== undefined) await sink.write(route, [before], signal);
      }
      for (const batch of kept) late.set(batch.lane, batch);
      return batches.map((batch) => results[others.indexOf(batch)] ?? [{ partition: batch.lane, position: undefined }]);
    },
  };
}

export /** The first two events of one key, exchanged. */
function swapTwoOfAKey<Event extends EncodedEvent | StoredEvent>(events: readonly Event[]): Event[] {
  const swapped = [...events];
  const seen = new Map<string | undefined, number>();
  for (const [index, event] of events.entries()) {
    const before = seen.get(keyId(event.key));
    const other = before === undefined ? undefined : events[before];
    if (before !== undefined && other !== undefined) {
      swapped[before] = event;
      swapped[index] = other;
      return swapped;
    }
    seen.set(keyId(event.key), index);
  }
  return swapped;
}
