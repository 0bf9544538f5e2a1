import { type Adapter, type Lane, type Mark, StreamError } from '@isostream/core/adapter';
import { laneWith, rearranged, withAdmin, withLanes, withListener } from './distort-lanes.ts';
import { contextWith, withConsumers } from './distort-streams.ts';
import { hasPositions, type Mutant } from './mutant.ts';
import { swapTwoOfAKey } from './wrong-order.ts';

/** Providers that are right as long as nobody joins, leaves, crashes or freezes. */
export const groupMutants: readonly Mutant[] = [
  {
    name: 'hands-over-without-draining',
    defect: 'gives a partition to its next owner while handlers of the last one run',
    noticedBy: ['groups/a-member-joins: exactly once', 'groups/a-member-joins: single flight per key'],
    exists: hasPositions,
    distort: () => ({
      adapter: (adapter) =>
        withListener(adapter, (listener) => ({
          async revoking(lane) {
            void listener.revoking(lane);
          },
        })),
    }),
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
      adapter: handedOver((lane) => {
        let isFirst = true;
        return laneWith(lane, {
          async read(room, signal) {
            const result = await lane.read({ take: (event) => isFirst || room.take(event) }, signal);
            if (!isFirst || result === 'end' || 'gap' in result || result.length === 0) return result;
            isFirst = false;
            return result.slice(1).filter((event) => room.take(event));
          },
        });
      }),
    }),
  },
  {
    name: 'swap-after-a-crash',
    defect: 'swaps two events of a key in what a crashed member left',
    noticedBy: ['groups/a-member-crashes: repeats are suffixes'],
    exists: hasPositions,
    distort: () => ({ adapter: handedOver((lane) => rearranged(lane, swapTwoOfAKey)) }),
  },
  {
    name: 'loss-without-signal',
    defect: 'does not tell a handler that its partition was lost',
    noticedBy: ['groups/a-member-freezes: signals tell of losses'],
    distort: () => ({
      streams: (streams) =>
        withConsumers(streams, {
          handler: (handler) => (event, context) =>
            handler(event, contextWith(context, { signal: new AbortController().signal })),
        }),
    }),
  },
  {
    name: 'late-commit-accepted',
    defect: 'stores what a member commits that has lost the partition',
    noticedBy: ['groups/a-member-freezes: monotonic commits', 'groups/a-member-freezes: repeats were uncommitted'],
    exists: hasPositions,
    inOneProcess: true,
    distort() {
      const owners = new Map<string, Lane>();
      return {
        adapter: (adapter) =>
          withLanes(adapter, (lane, { topic, group }) => {
            const place = `${topic}/${group}/${lane.partition}`;
            owners.set(place, lane);
            return laneWith(lane, {
              async commit(upTo) {
                try {
                  await lane.commit(upTo);
                } catch (error) {
                  if (!StreamError.is(error) || error.code !== 'lease-lost') throw error;
                  await commitAsOwner(() => owners.get(place), upTo);
                }
              },
            });
          }),
      };
    },
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
        withLanes(adapter, (lane) =>
          laneWith(lane, { fencingToken: String(farAbove - BigInt(lane.fencingToken ?? 0)) }),
        ),
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
        return withLanes(adapter, (lane, { topic, group }) => {
          const place = `${topic}/${group}/${lane.partition}`;
          const fencingToken = tokens.get(place) ?? lane.fencingToken;
          tokens.set(place, fencingToken);
          return laneWith(lane, { fencingToken });
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
            const unseen = new Set<Lane>();
            const source = adapter.createSource(subscription);
            return {
              run: (listener, signal) =>
                source.run(
                  {
                    assigned(lane) {
                      if (isLater && grown.has(topic)) unseen.add(lane);
                      else listener.assigned(lane);
                    },
                    revoking: async (lane) => (unseen.has(lane) ? undefined : listener.revoking(lane)),
                    lost(lane, reason) {
                      if (!unseen.has(lane)) listener.lost(lane, reason);
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

/** By the hand of whoever owns the partition, since the broker itself would refuse; a hand-over may come in between. */
async function commitAsOwner(ownerNow: () => Lane | undefined, upTo: Mark): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await ownerNow()?.commit(upTo);
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Distorts the lanes that are assigned later than the first work: they were somebody else's before. */
function handedOver(distort: (lane: Lane) => Lane): (adapter: Adapter) => Adapter {
  let isAtWork = false;
  return (adapter) =>
    withLanes(adapter, (lane) =>
      isAtWork
        ? distort(lane)
        : laneWith(lane, {
            async read(room, signal) {
              const result = await lane.read(room, signal);
              isAtWork ||= result !== 'end' && !('gap' in result) && result.length > 0;
              return result;
            },
          }),
    );
}
