import type { Consumer } from '@isostream/core';
import { type Assignment, StreamError } from '@isostream/core/adapter';
import { type AssignmentChanges, withAssignments, withListener, withSink } from './distort-assignments.ts';
import { administration, onStreams } from './distortion.ts';
import {
  type ConsumerChanges,
  withConsumers,
  withDeafRuns,
  withLeftLoopsSettled,
  withProducerCalls,
  withRivalsWhilePaused,
} from './distort-streams.ts';
import { hasPositions, type Mutant } from './mutant.ts';

const withOptions = (options: NonNullable<ConsumerChanges['options']>): ReturnType<Mutant['distort']> => ({
  streams: (streams) => withConsumers(streams, { options }),
});

/** Providers that break one sentence of the contract, and nothing else of it. */
export const sentenceMutants: readonly Mutant[] = [
  {
    name: 'reads-on-behind-a-slow-key',
    defect: 'reads and settles as much as there is ahead of an event that is not settled, whatever `maxSpan` says',
    noticedBy: ['keys-parallel/a-slow-key-waits-alone: no further ahead than maxSpan'],
    exists: hasPositions,
    distort: () => withOptions((options) => ({ ...options, maxSpan: 50_000 })),
  },
  {
    name: 'large-events-pass-together',
    defect: 'hands out several events at once that are each larger than the whole budget',
    noticedBy: ['backpressure/bytes-in-flight: larger than the budget passes alone'],
    distort: () =>
      withOptions((options) =>
        options.maxInFlight?.bytes === '32kb' ? { ...options, maxInFlight: { events: 500, bytes: '10mb' } } : options,
      ),
  },
  {
    name: 'skips-where-it-is-to-stop',
    defect: 'passes over an event at which the consumer was to stop',
    noticedBy: ['retry/skip-and-stop: stop ends the consumer'],
    distort: () =>
      withOptions((options) => (options.onFailure === 'stop' ? { ...options, onFailure: 'skip' } : options)),
  },
  {
    name: 'left-loop-settles',
    defect: 'settles the delivery at which a loop over a stream is left',
    noticedBy: ['retry/batches-streams-and-settling-by-hand: what is left comes again'],
    distort: () => ({ streams: withLeftLoopsSettled }),
  },
  {
    name: 'run-hears-no-signal',
    defect: 'goes on though the signal that `run` was given is aborted',
    noticedBy: ['close/an-abort-ends-sends-and-receives: run ends in time'],
    distort: () => ({ streams: withDeafRuns }),
  },
  {
    name: 'flush-waits-for-nothing',
    defect: 'says that a producer is flushed while events wait for their results',
    noticedBy: ['backpressure/a-full-producer: a flush waits for every result'],
    distort: onStreams(withProducerCalls, () => ({ flush: async () => undefined })),
  },
  {
    name: 'paused-is-up-for-grabs',
    defect: 'gives partitions of a paused consumer to another member',
    noticedBy: ['backpressure/a-paused-consumer: no hand-over while paused'],
    exists: hasPositions,
    distort: () => ({ streams: withRivalsWhilePaused }),
  },
  {
    name: 'letter-holds-up-all',
    defect: 'reads nothing more of any key while a dead letter cannot be written',
    noticedBy: ['dead-letter/letters-are-refused: other keys go on'],
    distort() {
      const refused = new Set<unknown>();
      return {
        adapter: (adapter) =>
          withAssignments(
            withSink(adapter, (sink, topic) =>
              topic.endsWith('.dlq')
                ? {
                    async open(signal) {
                      try {
                        await sink.open(signal);
                        refused.delete(sink);
                      } catch (error) {
                        refused.add(sink);
                        throw error;
                      }
                    },
                    async write(route, batches, signal) {
                      const results = await sink.write(route, batches, signal);
                      for (const [index, batch] of batches.entries())
                        if (StreamError.is(results[index])) refused.add(batch);
                        else refused.clear();
                      return results;
                    },
                  }
                : {},
            ),
            (assignment) => heldUp(assignment, () => refused.size > 0),
          ),
      };
    },
  },
  {
    name: 'jitter-beyond-the-wait',
    defect: 'draws waits up to twice as long as the policy allows',
    noticedBy: ['retry/waits-follow-the-policy: waits as the policy says'],
    distort: () =>
      withOptions((options) => {
        const { jitter } = options.retry?.backoff ?? {};
        return jitter === 'full'
          ? { ...options, retry: { ...options.retry, backoff: { initial: 1_000, max: 2_000, jitter } } }
          : options;
      }),
  },
  {
    name: 'lag-off-by-one',
    defect: 'counts the newest event of each partition that the group has committed as lag',
    noticedBy: ['start-replay/lag: counts what is not committed'],
    exists: ({ lag }) => lag.events,
    distort: () =>
      administration((admin) => ({
        lag: async (topic, group, signal) =>
          (await admin.lag(topic, group, signal)).map(({ events = 0, ...lag }) => ({
            ...lag,
            events: events === 0 ? 0 : events + 1,
          })),
      })),
  },
  {
    name: 'lists-the-wrong-holder',
    defect: 'lists members in another order than what they hold',
    noticedBy: ['groups/members-can-be-listed: each with what it holds'],
    exists: ({ members, settlement }) => members && settlement === 'watermark',
    distort: () =>
      administration((admin) => ({
        listMembers: async (topic, group, signal) => {
          const members = await admin.listMembers(topic, group, signal);
          return members.map((member, index) => ({
            ...member,
            partitions: members[(index + 1) % members.length]?.partitions ?? [],
          }));
        },
      })),
  },
  {
    name: 'drains-without-an-end',
    defect: 'waits at a hand-over for handlers that hang, whatever `drainTimeout` says',
    noticedBy: ['groups/a-hand-over-has-a-deadline: the deadline wins'],
    distort: () => withOptions((options) => ({ ...options, drainTimeout: '10m' })),
  },
  {
    name: 'starts-at-a-hand-over',
    defect: 'ends the pause of a member whose partitions are taken',
    noticedBy: ['groups/a-hand-over-has-a-deadline: a paused one starts nothing'],
    exists: hasPositions,
    distort() {
      const paused = new Set<Consumer<unknown>>();
      return {
        adapter: (adapter) =>
          withListener(adapter, (listener) => ({
            revoking(assignment) {
              for (const consumer of paused) consumer.resume();
              return listener.revoking(assignment);
            },
          })),
        streams: (streams) =>
          withConsumers(streams, {
            pause(consumer) {
              paused.add(consumer);
              consumer.pause();
            },
          }),
      };
    },
  },
];

function heldUp(assignment: Assignment, isHeldUp: () => boolean): AssignmentChanges {
  return {
    async read(page, signal) {
      while (isHeldUp() && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
      await assignment.read(page, signal);
    },
  };
}
