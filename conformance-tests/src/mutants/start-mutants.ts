import type { Assignment } from '@isostream/core/adapter';
import { type AssignmentChanges, forget, readOnly, withAssignments, withListener } from './distort-assignments.ts';
import { assignments, onStreams } from './distortion.ts';
import { withReplays } from './distort-streams.ts';
import { deletedTopicMutants } from './deleted-topic-mutants.ts';
import { hasPositions, type Mutant } from './mutant.ts';
import { closingMutants } from './closing-mutants.ts';
import { lastMutants } from './last-mutants.ts';
import { growthMutants } from './growth-mutants.ts';
import { outageMutants } from './outage-mutants.ts';
import { throttlingMutants } from './throttling-mutants.ts';
import { fidelityMutants } from './fidelity-mutants.ts';
import { placeMutants } from './place-mutants.ts';
import { replayMutants } from './replay-mutants.ts';
import { storedTimeMutants } from './stored-time-mutants.ts';

/** For how long what is sent comes before the start of a partition. */
const slowStartMs = 400;

/** Providers that are wrong about where reading starts, or what a replay picks. */
export const startMutants: readonly Mutant[] = [
  {
    name: 'replay-leaves-out-of-a-key',
    defect: 'leaves out every other event where a replay picks one key',
    noticedBy: ['start-replay/at-a-time: a key can be picked'],
    exists: ({ replay }) => replay,
    distort: onStreams(withReplays, (handler, { key }) => {
      let count = 0;
      return (event, context) => (key === undefined || count++ % 2 === 1 ? handler(event, context) : undefined);
    }),
  },
  {
    name: 'start-forgotten-until-a-commit',
    defect: 'forgets where a group began that left before its first commit, and starts it anew at the latest event',
    noticedBy: ['start-replay/earliest-and-latest: a start holds without a commit'],
    distort() {
      const committed = new Set<string>();
      return assignments((assignment, { topic, group, from }) => {
        const place = `${topic}/${group}/${assignment.partition}`;
        if (committed.has(place) || from !== 'latest') return {};
        return startingAt(assignment, Date.now(), () => void committed.add(place));
      });
    },
  },
  {
    name: 'ready-without-the-others',
    defect:
      'says of a consumer with its first partition that it is ready, before the group knows where it begins in others',
    noticedBy: ['start-replay/a-member-is-ready-beside-another: what is sent once one is ready is delivered'],
    exists: hasPositions,
    distort() {
      const begun = new Set<string>();
      return {
        adapter: (adapter) =>
          withAssignments(
            withListener(adapter, (listener) => ({
              assigned(assignment) {
                listener.assigned(assignment);
                listener.ready?.();
              },
            })),
            (assignment, { topic, group, from }) => {
              const isFirst = !begun.has(`${topic}/${group}`);
              begun.add(`${topic}/${group}`);
              return isFirst || from !== 'latest' ? {} : startingAt(assignment, Date.now() + slowStartMs);
            },
          ),
      };
    },
  },
  ...storedTimeMutants,
  ...placeMutants,
  ...replayMutants,
  ...fidelityMutants,
  ...growthMutants,
  ...outageMutants,
  ...throttlingMutants,
  ...closingMutants,
  ...deletedTopicMutants,
  ...lastMutants,
];

/** The assignment without what was stored before a time. */
function startingAt(assignment: Assignment, start: number, committed: () => void = () => undefined): AssignmentChanges {
  return {
    async read(page, signal) {
      const old = await readOnly(assignment, page, signal, ({ timestamp }) => timestamp >= start);
      if (old.length > 0) await forget(assignment, old);
    },
    async commit(upTo) {
      await assignment.commit?.(upTo);
      committed();
    },
    async settle(events) {
      await assignment.settle?.(events);
      committed();
    },
  };
}
