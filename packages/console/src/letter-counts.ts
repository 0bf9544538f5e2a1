import { StreamError, type Streams } from '@isostream/core';
import { deadLetterName, messageOf } from '@isostream/core/adapter';
import { type LetterGroup, listLetters, type WatchedOverview } from '@isostream/operations';

/** The dead letters of one group, counted. */
export interface LetterCount {
  readonly topic: string;
  readonly group: string;
  readonly total: number;
  readonly groups: readonly LetterGroup[];
  readonly at: string;
}

/** To count letters is to read them: so often at most, in milliseconds, for each group. */
const freshMs = 60_000;

/** Counts the dead letters of all groups that have any, one group after the other. */
export class LetterCounts {
  readonly #streams: Streams;
  readonly #counts = new Map<string, LetterCount>();
  readonly #readAt = new Map<string, number>();
  #changedAt = 0;
  /** What could not be counted. */
  problems: readonly string[] = [];
  /** Whether all were counted once. */
  isComplete = false;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  get list(): readonly LetterCount[] {
    return [...this.#counts.values()].filter(({ total }) => total > 0);
  }

  /** After an act the counts are not true any more: the next look counts again. */
  changed(): void {
    this.#changedAt = Date.now();
  }

  /** Takes what somebody counted who read all letters of a group: the overview says no less than their page. `began` in milliseconds. */
  counted(topic: string, group: string, { total, groups }: Pick<LetterCount, 'total' | 'groups'>, began: number): void {
    const name = nameOf(topic, group);
    if (began < (this.#readAt.get(name) ?? -Infinity)) return;
    this.#readAt.set(name, began);
    this.#counts.set(name, { topic, group, total, groups, at: new Date().toISOString() });
  }

  /** Counts what is not fresh. Without a list of topics every group is asked; one without a dead-letter topic has none. */
  async look({ topics, groups }: WatchedOverview, signal: AbortSignal): Promise<void> {
    const since = Date.now();
    const kept = new Set<string>();
    const problems: string[] = [];
    const there = topics === null ? undefined : new Set(topics);
    for (const { topic, group } of groups) {
      if (signal.aborted) return;
      if (there?.has(deadLetterName(topic, group)) === false) continue;
      const name = nameOf(topic, group);
      kept.add(name);
      const readAt = this.#readAt.get(name) ?? -Infinity;
      const began = Date.now();
      if (readAt > this.#changedAt && began - readAt < freshMs) continue;
      try {
        const found = await listLetters(this.#streams, topic, group, { limit: 0, signal });
        this.counted(topic, group, found, began);
      } catch (error) {
        // What was counted last stays. A provider that cannot read letters says so on their page.
        if (!(StreamError.is(error) && error.code === 'unsupported'))
          problems.push(`dead letters of group ${group} on ${topic}: ${messageOf(error)}`);
      }
    }
    for (const [name, readAt] of this.#readAt) {
      // What a page counted meanwhile may be of a group that this overview does not have yet.
      if (kept.has(name) || readAt >= since) continue;
      this.#readAt.delete(name);
      this.#counts.delete(name);
    }
    this.problems = problems;
    this.isComplete = true;
  }
}

function nameOf(topic: string, group: string): string {
  return JSON.stringify([topic, group]);
}
