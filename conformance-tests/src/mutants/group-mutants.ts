import type { Adapter, Assignment } from '@isostream/core/adapter';
import {
  type AssignmentChanges,
  readOnly,
  readSeen,
  rearranged,
  withAdmin,
  withAssignments,
  withListener,
} from './distort-assignments.ts';
import { type Distortion, onAdapter, onStreams } from './distortion.ts';
import { contextWith, withConsumers } from './distort-streams.ts';
import type { Harness } from '../suites/harness.ts';
import { lateCommits } from './late-commits.ts';
import { hasPositions, type Mutant } from './mutant.ts';
import { swapTwoOfAKey } from './wrong-order.ts';

/** Providers that are right as long as nobody joins, leaves, crashes or freezes. */
export const groupMutants: readonly Mutant[] = [
  {
    name: 'hands-over-without-draining',
    defect: 'gives a partition to its next owner while handlers of the last one run',
    noticedBy: [
      'groups/a-member-joins: exactly once',
      'groups/a-member-joins: single flight per key',
      'groups/a-member-joins: no commit after the end',
    ],
    exists: hasPositions,
    distort: onAdapter(withListener, (listener) => ({
      async revoking(assignment) {
        void listener.revoking(assignment);
      },
    })),
  },
  {
    name: 'forgets-an-event-at-a-rebalance',
    defect: 'leaves out the first event of a partition that changed hands',
    noticedBy: [
      'groups/a-member-leaves: all delivered',
      'groups/a-member-leaves: after predecessors',
      'groups/a-member-leaves: contiguous commits',
    ],
    exists: hasPositions,
    distort: () => ({
      adapter: handedOver((assignment) => {
        let isFirst = true;
        return {
          async read(page, signal) {
            await readOnly(assignment, page, signal, () => !isFirst || (isFirst = false));
          },
        };
      }),
    }),
  },
  {
    name: 'swap-after-a-crash',
    defect: 'swaps two events of a key in what a crashed member left',
    noticedBy: ['groups/a-member-crashes: repeats are suffixes'],
    exists: hasPositions,
    distort: () => ({ adapter: handedOver((assignment) => ({ read: rearranged(assignment, swapTwoOfAKey) })) }),
  },
  {
    name: 'loss-without-signal',
    defect: 'does not tell a handler that its partition was lost',
    noticedBy: ['groups/a-member-freezes: signals tell of losses'],
    distort: onStreams(withConsumers, {
      handler: (handler) => (event, context) =>
        handler(event, contextWith(context, { signal: new AbortController().signal })),
    }),
  },
  {
    name: 'works-on-after-a-loss',
    defect: 'starts handlers for what a member had queued when it lost the partition',
    noticedBy: ['groups/a-member-freezes: no handler starts late'],
    exists: hasPositions,
    distort: learnsLate,
  },
  {
    name: 'trusts-a-silent-service',
    defect: 'goes on with its partitions for as long as nobody tells it that they are lost',
    noticedBy: [
      'groups/a-member-is-cut-off: no handler starts late',
      'groups/a-member-is-cut-off: no commit after the end',
    ],
    exists: hasPositions,
    distort: learnsLate,
  },
  {
    name: 'late-commit-accepted',
    defect: 'stores what a member commits that has lost the partition',
    noticedBy: ['groups/a-member-freezes: monotonic commits', 'groups/a-member-freezes: repeats were uncommitted'],
    exists: hasPositions,
    distort: lateCommits,
  },
  {
    name: 'tokens-shrink',
    defect: 'gives each new owner of a partition a smaller fencing token than the last',
    noticedBy: [
      'groups/a-member-joins: fencing tokens grow',
      'groups/a-member-leaves: fencing tokens grow',
      'groups/members-come-and-go: fencing tokens grow',
    ],
    exists: hasPositions,
    distort: () => ({
      beneath: (adapter) =>
        withAssignments(adapter, (assignment) => ({
          fencingToken: String(farAbove - BigInt(assignment.fencingToken ?? 0)),
        })),
    }),
  },
  {
    name: 'token-of-its-last-hold',
    defect: 'gives a member to whom a partition returns the fencing token that it had there before',
    noticedBy: ['groups/a-member-joins: fencing tokens grow'],
    exists: hasPositions,
    distort: () => ({
      beneath(adapter) {
        const tokens = new Map<string, string | undefined>();
        return withAssignments(adapter, (assignment, { topic, group }) => {
          const place = `${topic}/${group}/${assignment.partition}`;
          const fencingToken = tokens.get(place) ?? assignment.fencingToken;
          tokens.set(place, fencingToken);
          return { fencingToken };
        });
      },
    }),
  },
  {
    name: 'second-topic-never-grows',
    defect: 'gives nobody the partitions that a topic gains if its group came to another topic first',
    noticedBy: ['groups/one-group-name-on-two-topics: all delivered'],
    exists: ({ reshard }) => reshard !== 'none',
    distort() {
      const firstTopics = new Map<string, string>();
      const grown = new Set<string>();
      return {
        adapter: (adapter) => ({
          ...withAdmin(adapter, (admin) => ({
            async alterTopic(name, settings, signal) {
              grown.add(name);
              await admin.alterTopic(name, settings, signal);
            },
          })),
          createSource(subscription) {
            const { topic, group } = subscription;
            if (!firstTopics.has(group)) firstTopics.set(group, topic);
            const isLater = firstTopics.get(group) !== topic;
            const unseen = new Set<Assignment>();
            const source = adapter.createSource(subscription);
            return {
              run: (listener, signal) =>
                source.run(
                  {
                    assigned(assignment) {
                      if (isLater && grown.has(topic)) unseen.add(assignment);
                      else listener.assigned(assignment);
                    },
                    revoking: async (assignment) =>
                      unseen.has(assignment) ? undefined : listener.revoking(assignment),
                    lost(assignment, reason) {
                      if (!unseen.has(assignment)) listener.lost(assignment, reason);
                    },
                  },
                  signal,
                ),
            };
          },
        }),
      };
    },
  },
];

/** More than any provider counts to. */
const farAbove = 10n ** 20n;

/** Distorts the assignments that are assigned later than the first work: they were somebody else's before. */
function handedOver(distort: (assignment: Assignment) => AssignmentChanges): (adapter: Adapter) => Adapter {
  let isAtWork = false;
  return (adapter) =>
    withAssignments(adapter, (assignment) =>
      isAtWork
        ? distort(assignment)
        : {
            async read(page, signal) {
              const events = await readSeen(assignment, page, signal);
              isAtWork ||= events.length > 0;
            },
          },
    );
}

/** A member that holds for its own what it has lost, until long after. */
function learnsLate({ sessionTimeoutMs }: Pick<Harness, 'sessionTimeoutMs'>): Distortion {
  return {
    adapter: (adapter) =>
      withListener(
        withAssignments(adapter, (assignment) => ({
          isHeld: true,
          // That a commit is refused would tell it as well.
          commit: (upTo) => assignment.commit?.(upTo).catch(() => undefined),
        })),
        (listener) => ({
          // Told long after it wakes: one in this process could know it while it is frozen.
          lost: (assignment, reason) => void setTimeout(() => listener.lost(assignment, reason), 3 * sessionTimeoutMs),
        }),
      ),
  };
}
