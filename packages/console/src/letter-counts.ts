import type { Streams } from '@isostream/core';
import { deadLetterName } from '@isostream/core/adapter';
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

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  get list(): readonly LetterCount[] {
    return [...this.#counts.values()].filter(({ total }) => total > 0);
  }

  /** After an act the counts are not true any more. */
  forgetAll(): void {
    this.#counts.clear();
  }

  /** Counts what is not fresh. Without a list of topics every group is asked; one without a dead-letter topic has none. */
  async look({ topics, groups }: WatchedOverview, signal: AbortSignal): Promise<void> {
    const there = topics === null ? undefined : new Set(topics);
    for (const { topic, group } of groups) {
      if (signal.aborted) return;
      if (there?.has(deadLetterName(topic, group)) === false) continue;
      const name = JSON.stringify([topic, group]);
      const known = this.#counts.get(name);
      if (known !== undefined && Date.now() - Date.parse(known.at) < freshMs) continue;
      try {
        const found = await listLetters(this.#streams, topic, group, { limit: 0, signal });
        this.#counts.set(name, {
          topic,
          group,
          total: found.total,
          groups: found.groups,
          at: new Date().toISOString(),
        });
      } catch {
        // What was counted last stays. Whoever opens the letters is told why they cannot be read.
      }
    }
  }
}
