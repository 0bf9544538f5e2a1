import { type Check, type Entry, tell } from '@isostream/conformance/checks';
import { asksMark, handedOver } from './marks.ts';

/** How many settled events of an assignment lay ahead of its oldest unsettled one at one moment. */
interface Span {
  readonly assignment: number;
  readonly events: number;
}

/** What an assignment was handed, in order, and what came of it. */
class AssignmentLog {
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
  const logs = new Map<number, AssignmentLog>();
  const asks = new Map<string, number>();
  const found: Span[] = [];
  for (const entry of entries) {
    if (entry.kind === 'assign') {
      logs.set(entry.assignment, new AssignmentLog());
      asks.set(asksMark(entry.assignment), entry.assignment);
    } else if (entry.kind === 'settle' && entry.result === 'ok') {
      const log = logs.get(entry.assignment);
      log?.settledAt.set(entry.id, entry.at);
      if (at === 'settle') found.push({ assignment: entry.assignment, events: log?.span(Infinity) ?? 0 });
    } else if (entry.kind === 'revoke' || entry.kind === 'lost') logs.delete(entry.assignment);
    else if (entry.kind === 'dead') for (const log of logs.values()) log.dead.add(entry.id);
    else if (entry.kind === 'mark') {
      const assignment = asks.get(entry.name);
      const handed = assignment === undefined ? handedOver(entry.name) : undefined;
      if (handed !== undefined) logs.get(handed.assignment)?.places.push(...handed.places);
      else if (assignment !== undefined && at === 'asks')
        found.push({ assignment, events: logs.get(assignment)?.span(entry.at) ?? 0 });
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
      spans(entries, 'asks').flatMap(({ assignment, events }) =>
        events >= maxSpan ? [`${events} of assignment ${assignment}`] : [],
      ),
    );
}
