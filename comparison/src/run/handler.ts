import { setTimeout as sleep } from 'node:timers/promises';
import { below, type Entry, seededFor } from '@isostream/conformance/checks';
import type { Delivery } from '../subject.ts';

/** Whose handler fails, and how often. */
export interface Failing {
  readonly keys: readonly string[];
  readonly seq: number;
  readonly times: number;
}

export interface HandlerPlan {
  readonly topic: string;
  readonly group: string;
  readonly member: string;
  /** A number of this member's own: what it is given counts as one hold. */
  readonly assignment: number;
  readonly seed: number;
  /** A handler takes 0 to so many milliseconds. */
  readonly busyMs: number;
  readonly failing?: Failing;
}

type Unstamped = Entry extends infer Each ? (Each extends Entry ? Omit<Each, 'at'> : never) : never;

/** The handler that every client is given: it records its beginning and its end. */
export function recordedHandler(
  { topic, group, member, assignment, seed, busyMs, failing }: HandlerPlan,
  record: (entry: Unstamped) => void,
): (delivery: Delivery) => Promise<void> {
  const failures = new Map<string, number>();
  return async ({ message: { id, key, seq }, partition, position }) => {
    // Attempts are counted when the history is judged: they may have been another member's.
    const call = { topic, group, member, assignment, partition, position, id, key, seq, attempt: 1 };
    record({ kind: 'deliver', ...call });
    await sleep(below(seededFor(seed, `handler of ${id}`), busyMs + 1));
    const failed = failures.get(id) ?? 0;
    if (failing !== undefined && failing.keys.includes(key) && failing.seq === seq && failed < failing.times) {
      failures.set(id, failed + 1);
      record({ kind: 'settle', result: 'retry', ...call });
      throw new Error('this handler fails');
    }
    record({ kind: 'settle', result: 'ok', ...call });
  };
}
