import { type Check, type Entry, tell } from '@isostream/conformance/checks';
import { asksMark, handedOver } from './marks.ts';

/** How many settled events of a lease lay ahead of its oldest unsettled one at one moment. */
interface Span {
  readonly lease: number;
  readonly events: number;
}

/** What a lease was handed, in order, and what came of it. */
class LeaseLog {
  readonly places: string[] = [];
  /** When each was settled by its handler. */
  readonly settledAt = new Map<string, number>();
  /** Settled by its letter, of which core learns later. */
  readonly dead = new Set<string>();

  /** What core surely knew at that moment: it is told of a settling within the same millisecond, of a letter some time later. */
  span(at: number): number {
    const lowest = this.places.findIndex((place) => !this.settledAt.has(place) && !this.dead.has(place));
    if (lowest < 0) return 0;
    return this.places.slice(lowest).filter((place) => (this.settledAt.get(place) ?? Infinity) < at).length;
  }
}

/** At each moment when core asked for more, or when a handler settled something. Of a history by place. */
function spans(entries: readonly Entry[], at: 'asks' | 'settle'): Span[] {
  const logs = new Map<number, LeaseLog>();
  const asks = new Map<string, number>();
  const found: Span[] = [];
  for (const entry of entries) {
    if (entry.kind === 'assign') {
      logs.set(entry.lease, new LeaseLog());
      asks.set(asksMark(entry.lease), entry.lease);
    } else if (entry.kind === 'settle' && entry.result === 'ok') {
      const log = logs.get(entry.lease);
      log?.settledAt.set(entry.id, entry.at);
      if (at === 'settle') found.push({ lease: entry.lease, events: log?.span(Infinity) ?? 0 });
    } else if (entry.kind === 'revoke' || entry.kind === 'lost') logs.delete(entry.lease);
    else if (entry.kind === 'dead') for (const log of logs.values()) log.dead.add(entry.id);
    else if (entry.kind === 'mark') {
      const lease = asks.get(entry.name);
      const handed = lease === undefined ? handedOver(entry.name) : undefined;
      if (handed !== undefined) logs.get(handed.lease)?.places.push(...handed.places);
      else if (lease !== undefined && at === 'asks')
        found.push({ lease, events: logs.get(lease)?.span(entry.at) ?? 0 });
    }
  }
  return found;
}

/** So many settled events lay ahead of an unsettled one at some time. */
export function reachesSpan(entries: readonly Entry[], maxSpan: number): boolean {
  return spans(entries, 'settle').some(({ events }) => events >= maxSpan);
}

/** KEYS-PARALLEL: nothing more is read of a partition while `maxSpan` settled events lie ahead of its oldest unsettled one. */
export function spanAtMost(maxSpan: number): Check {
  return (entries) =>
    tell(
      `reads with ${maxSpan} or more events settled ahead`,
      spans(entries, 'asks').flatMap(({ lease, events }) => (events >= maxSpan ? [`${events} of lease ${lease}`] : [])),
    );
}
