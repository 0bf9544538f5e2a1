import { type Adapter, type Assignment, type Mark, StreamError } from '@isostream/core/adapter';
import { withAssignments, withListener } from './distort-assignments.ts';
import type { Distortion } from './distortion.ts';
import type { Mutant } from './mutant.ts';

/** What a member that has lost a partition asks its owner to store, wherever that is. */
interface LateCommit {
  readonly place: string;
  readonly upTo: Mark;
}

/**
 * Stores what a member commits that has lost the partition: by the hand of whoever owns it, since a service that is right refuses. The
 * owner is in this process, or is told in its own.
 */
export function lateCommits({ peers, sessionTimeoutMs }: Parameters<Mutant['distort']>[0]): Distortion {
  const owners = new Map<string, Assignment>();
  const adapter = (right: Adapter): Adapter =>
    withAssignments(right, (assignment, { topic, group }) => {
      const place = `${topic}/${group}/${assignment.partition}`;
      owners.set(place, assignment);
      return {
        // A process that wakes up knows by its clock what it has lost, and would not even ask.
        ...(peers === undefined ? {} : { isHeld: true }),
        async commit(upTo) {
          try {
            await assignment.commit?.(upTo);
          } catch (error) {
            if (!StreamError.is(error) || error.code !== 'lease-lost') throw error;
            const late: LateCommit = { place, upTo: { partition: upTo.partition, position: upTo.position } };
            if (peers === undefined) await commitAsOwner(() => owners.get(place), upTo);
            else peers.tell(late);
          }
        },
      };
    });
  if (peers === undefined) return { adapter };
  peers.hear((message) => {
    if (isLateCommit(message)) void commitAsOwner(() => owners.get(message.place), message.upTo).catch(() => undefined);
  });
  return {
    adapter: (right) =>
      withListener(adapter(right), (listener) => ({
        lost: (assignment, reason) => void setTimeout(() => listener.lost(assignment, reason), sessionTimeoutMs),
      })),
  };
}

/** A hand-over may come in between. */
async function commitAsOwner(ownerNow: () => Assignment | undefined, upTo: Mark): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await ownerNow()?.commit?.(upTo);
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function isLateCommit(message: unknown): message is LateCommit {
  return typeof message === 'object' && message !== null && 'place' in message && 'upTo' in message;
}
