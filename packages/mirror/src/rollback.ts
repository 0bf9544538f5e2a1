import { linkedSignal } from '@isostream/core/adapter';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupMove } from './move-group.ts';
import type { Sighting } from './sides.ts';

/** What going back would do for a group. */
export interface Rollback {
  /** Where the group goes on, on the side that it goes back to. */
  readonly move: GroupMove;
  /** Events that were written on the other side and are not here. */
  readonly events: number;
}

/** What of a mirror is needed to copy all there is, and no more. */
interface Copier {
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  status(): Promise<{ readonly behind: number | undefined }>;
  /** Events to be copied that the other side does not have. */
  missing(): Promise<number>;
}

/** Between two questions how far it is, in milliseconds. */
const askMs = 100;

/** Runs until nothing is behind. Rejects with what the mirror stopped for, or the reason of the signal. */
export async function copyUntilNow(mirror: Copier, signal: AbortSignal | undefined): Promise<void> {
  const end = new AbortController();
  const both = linkedSignal([end.signal, signal]);
  const running = mirror.run({ signal: both.signal });
  let isOver = false;
  const over = running.finally(() => (isOver = true)).catch(() => undefined);
  try {
    while (!isOver && (await behindOf(mirror)) > 0) await Promise.race([sleep(askMs), over]);
  } finally {
    end.abort();
    await over;
    both.unlink();
  }
  await running;
  signal?.throwIfAborted();
}

/** Where the provider does not count what a group has before it, both sides are compared. */
async function behindOf(mirror: Copier): Promise<number> {
  const { behind } = await mirror.status();
  return behind ?? (await mirror.missing());
}

/** How many of these events the other side does not have. */
export function missingOn(other: readonly Sighting[], events: readonly Sighting[]): number {
  const there = new Set(other.map(({ identity }) => identity));
  return events.filter(({ identity }) => !there.has(identity)).length;
}
