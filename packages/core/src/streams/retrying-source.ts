import type { Assignment, Source, SourceListener } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import { waitToRetry, type Retrying } from '../retry/retrying.ts';

/**
 * A member that joins anew where one ended with an error that is retryable: what passes ends no consumer. What the ended
 * one held is lost first, since nobody keeps it any more.
 */
export function retryingMember(create: () => Source, options: Omit<Retrying, 'signal'>): Source {
  // What the adapter refuses it refuses before anything runs.
  let source = create();
  return {
    async run(listener, signal) {
      for (let failures = 1; ; failures++) {
        const held = new Set<Assignment>();
        try {
          await source.run(watched(listener, held), signal);
          return;
        } catch (thrown) {
          const error = StreamError.from(thrown, options.where);
          if (signal.aborted || !error.retryable) throw error;
          // One that was a member is not to blame for what failed before.
          if (held.size > 0) failures = 1;
          for (const assignment of held) listener.lost(assignment, ended(error));
          await waitToRetry(error, failures, { ...options, signal });
          if (signal.aborted) return;
          source = create();
        }
      }
    },
  };
}

/** The listener, which remembers what the member holds. */
function watched(listener: SourceListener, held: Set<Assignment>): SourceListener {
  return {
    assigned(assignment) {
      held.add(assignment);
      listener.assigned(assignment);
    },
    ready: () => listener.ready?.(),
    async revoking(assignment) {
      await listener.revoking(assignment);
      held.delete(assignment);
    },
    lost(assignment, reason) {
      held.delete(assignment);
      listener.lost(assignment, reason);
    },
  };
}

function ended(error: StreamError): StreamError {
  return new StreamError('lease-lost', `the member ended: ${error.message}`, { where: 'consumer', cause: error });
}
