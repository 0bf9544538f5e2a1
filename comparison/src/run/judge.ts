import { type Entry, type Invariant, invariants, ofKind } from '@isostream/conformance/checks';
import type { Capabilities } from '@isostream/core/adapter';
import type { Note, Outcome } from './scenario.ts';

export const notHandled = 'not handled';

/** The suite's own invariants that a bare client can keep, and what a violation is called in the table. */
const judged: readonly (readonly [Invariant, string])[] = [
  ['all delivered', notHandled],
  ['nothing else is delivered', 'never sent, but delivered'],
  ['every send answered', 'sends without an answer'],
  ['order per key', 'out of order'],
  ['after predecessors', 'before the event in front of them was done'],
  ['single flight per key', 'handlers of one key at the same time'],
];

export interface Judgement {
  /** Violations of what the scenario is about. */
  readonly broken: readonly Note[];
  /** What at-least-once delivery allows, and a send that failed and said so. */
  readonly noted: readonly Note[];
  readonly findings: readonly string[];
}

/** Judges a history by the suite's own checkers. */
export function judge(history: readonly Entry[], capabilities: Capabilities, outcome: Outcome): Judgement {
  const { gone, leftKeys = [], broken = [] } = outcome;
  const entries = numbered(history.filter((entry) => !('key' in entry) || !leftKeys.includes(entry.key ?? '')));
  const left = new Set(ofKind(history, 'send').flatMap(({ id, key }) => (leftKeys.includes(key ?? '') ? [id] : [])));
  const own = entries.filter((entry) => !('id' in entry) || !left.has(entry.id));
  const withoutGone = own.filter((entry) => !('member' in entry) || entry.member !== gone?.name);
  const found = judged.map(([name, what]) => {
    const findings = invariants[name](capabilities)(name === 'single flight per key' ? withoutGone : own);
    return { what, findings, count: Math.max(0, ...findings.map((finding) => Number.parseInt(finding, 10) || 1)) };
  });
  return {
    broken: [...found.map(({ what, count }) => ({ what, count })), ...broken].filter(({ count }) => count > 0),
    noted: [
      { what: 'repeated', count: repeats(own) },
      { what: 'sends failed', count: ofKind(own, 'send-failed').length },
    ].filter(({ count }) => count > 0),
    findings: found.flatMap(({ findings }) => findings.slice(0, 1)),
  };
}

/** Attempts follow from the history: the next one of an event whose handler failed is a retry, wherever it runs. */
function numbered(history: readonly Entry[]): readonly Entry[] {
  const failed = new Map<string, number>();
  return history.map((entry) => {
    if (entry.kind !== 'deliver' && entry.kind !== 'settle') return entry;
    const attempt = (failed.get(entry.id) ?? 0) + 1;
    if (entry.kind === 'settle') {
      if (entry.result === 'retry') failed.set(entry.id, attempt);
      else failed.delete(entry.id);
    }
    return { ...entry, attempt };
  });
}

function repeats(entries: readonly Entry[]): number {
  const seen = new Set<string>();
  let count = 0;
  for (const { id, attempt } of ofKind(entries, 'deliver')) {
    if (attempt > 1) continue;
    if (seen.has(id)) count++;
    seen.add(id);
  }
  return count;
}
