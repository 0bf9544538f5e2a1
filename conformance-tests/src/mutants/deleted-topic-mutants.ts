import { type Adapter, type Assignment, StreamError } from '@isostream/core/adapter';
import { type AssignmentChanges, withAssignments } from './distort-assignments.ts';
import type { Mutant } from './mutant.ts';

/** Providers that do not say that a topic is gone. */
export const deletedTopicMutants: readonly Mutant[] = [
  {
    name: 'hides-a-deleted-topic',
    defect: 'leaves the members of a topic that was deleted waiting, without a word',
    noticedBy: [
      'groups/a-topic-is-deleted-under-its-members: the member of a topic that is gone is told',
      'groups/a-topic-is-deleted-under-its-members: the member of a topic that is another one is told',
    ],
    distort: () => ({ adapter: (adapter) => withQuietSources(withAssignments(adapter, quiet)) }),
  },
];

function quiet(assignment: Assignment): AssignmentChanges {
  return {
    async read(page, signal) {
      try {
        await assignment.read(page, signal);
      } catch (error) {
        await untilToldOtherwise(error, signal);
      }
    },
  };
}

function withQuietSources(adapter: Adapter): Adapter {
  return {
    ...adapter,
    createSource(subscription) {
      const source = adapter.createSource(subscription);
      return {
        run: (listener, signal) =>
          source.run(listener, signal).catch((error: unknown) => untilToldOtherwise(error, signal)),
      };
    },
  };
}

async function untilToldOtherwise(error: unknown, signal: AbortSignal): Promise<void> {
  if (!StreamError.is(error) || error.code !== 'unknown-topic') throw error;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
