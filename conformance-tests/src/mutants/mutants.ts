import { NonRetryableError } from '@isostream/core';
import type { Assignment, EncodedEvent, Mark, StoredEvent } from '@isostream/core/adapter';
import { backoffMutants } from './backoff-mutants.ts';
import { bytesMutants } from './bytes-mutants.ts';
import { watching } from '../history/pages.ts';
import { type AssignmentChanges, readSeen, rearranged, withEvents } from './distort-assignments.ts';
import { acknowledgedUnstored, administration, assignments, consumers, sinks } from './distortion.ts';
import { contextWith } from './distort-streams.ts';
import { faultMutants } from './fault-mutants.ts';
import { groupMutants } from './group-mutants.ts';
import { hasHeaders, hasPositions, type Mutant } from './mutant.ts';
import { receiptMutants } from './receipt-mutants.ts';
import { startMutants } from './start-mutants.ts';
import { tombstoneMutants } from './tombstone-mutants.ts';
import { inWrongOrder, swapTwoOfAKey } from './wrong-order.ts';

/** Wrong versions of any provider: the suite must fail each of them. */
export const mutants: readonly Mutant[] = [
  {
    name: 'reverse-order',
    defect: 'hands each page out backwards',
    noticedBy: [
      'no-loss/all-is-handled-once-and-in-order: order per key',
      'no-loss/all-is-handled-once-and-in-order: after predecessors',
    ],
    distort: () => assignments((assignment) => ({ read: rearranged(assignment, (events) => events.toReversed()) })),
  },
  {
    name: 'swap-on-redelivery',
    defect: 'swaps two events of a key when a partition is read a second time',
    noticedBy: ['groups/a-group-resumes: order per key'],
    distort() {
      const seen = new Set<string>();
      return assignments((assignment, { topic }) => {
        const place = `${topic}/${assignment.partition}`;
        if (seen.has(place)) return { read: rearranged(assignment, swapTwoOfAKey) };
        seen.add(place);
        return {};
      });
    },
  },
  {
    name: 'nack-to-tail',
    defect: 'puts a failed event at the end of the topic instead of trying it again',
    noticedBy: [
      'key-order/a-failed-event-blocks-its-key: after predecessors',
      'key-order/a-failed-event-blocks-its-key: contiguous commits',
    ],
    distort: () =>
      consumers({
        handler: (handler, { streams, topic }) => {
          const producer = streams.producer(topic);
          return async (event, context) => {
            try {
              await handler(event, context);
            } catch {
              await producer.send(event);
            }
          };
        },
      }),
  },
  {
    name: 'drop-on-error',
    defect: 'settles an event whose handler failed',
    noticedBy: [
      'retry/attempts-are-counted: delivered as often as it failed, and once',
      'retry/attempts-are-counted: after predecessors',
    ],
    distort: () =>
      consumers({
        handler: (handler) => async (event, context) => {
          try {
            await handler(event, context);
          } catch {
            // Dropped: this is the defect.
          }
        },
      }),
  },
  {
    name: 'deliver-twice',
    defect: 'hands every tenth event out twice',
    noticedBy: ['no-loss/all-is-handled-once-and-in-order: exactly once'],
    distort() {
      let count = 0;
      const copies = new WeakSet<StoredEvent>();
      const again = (event: StoredEvent): StoredEvent => {
        const copy = { ...event };
        copies.add(copy);
        return copy;
      };
      return assignments((assignment) => ({
        read: (page, signal) =>
          assignment.read(
            watching(page, (event) => void (++count % 10 === 0 && page.add(again(event)))),
            signal,
          ),
        // A service that settles events one by one knows of no copy: it would take the assignment away.
        settle: (events) => assignment.settle?.(events.filter((event) => !copies.has(event))),
      }));
    },
  },
  {
    name: 'commit-before-handler',
    defect: 'commits what it read before anybody handled it',
    noticedBy: [
      'no-loss/all-is-handled-once-and-in-order: contiguous commits',
      'no-loss/positions-cannot-be-stored: contiguous commits',
    ],
    exists: hasPositions,
    distort: () =>
      assignments((assignment) => ({
        async read(page, signal) {
          const last = (await readSeen(assignment, page, signal)).at(-1);
          if (last !== undefined) await assignment.commit?.(last);
        },
        commit: async () => undefined,
      })),
  },
  {
    name: 'commit-past-failed',
    defect: 'commits up to the newest event that it read, failed or not',
    noticedBy: [
      'key-order/a-failed-event-blocks-its-key: contiguous commits',
      'dead-letter/after-the-last-attempt: contiguous commits',
      'retry/a-crash-between-attempts: contiguous commits',
    ],
    exists: hasPositions,
    distort: () => assignments((assignment) => committingNewest(assignment, () => true)),
  },
  {
    name: 'ignore-the-key',
    defect: 'runs events of one key at the same time',
    noticedBy: [
      'no-loss/all-is-handled-once-and-in-order: single flight per key',
      'no-loss/all-is-handled-once-and-in-order: after predecessors',
    ],
    distort: () => consumers({ options: (options) => ({ ...options, ordering: 'none' }) }),
  },
  {
    name: 'serialise-all-keys',
    defect: 'runs one handler at a time',
    noticedBy: ['keys-parallel/keys-run-at-once: keys at once'],
    distort: () => consumers({ options: (options) => ({ ...options, concurrency: 1 }) }),
  },
  {
    name: 'partition-blocked-by-poison',
    defect: 'lets a failing event hold up its whole partition',
    noticedBy: ['keys-parallel/poison-keys-wait-alone: others go on while the poison keys wait'],
    exists: hasPositions,
    distort: () => consumers({ options: (options) => ({ ...options, ordering: 'partition' }) }),
  },
  {
    name: 'retry-wait-holds-a-slot',
    defect: 'counts an event that waits for its next attempt among the handlers that run',
    noticedBy: [
      'keys-parallel/poison-keys-wait-alone: waiting takes no handler’s place',
      'keys-parallel/poison-keys-wait-alone: others go on while the poison keys wait',
    ],
    distort: () =>
      consumers({
        // It waits here, in the handler's place, and then again for nothing.
        options: (options) => ({ ...options, retry: { ...options.retry, backoff: { initial: 1, max: 1 } } }),
        handler: (handler) => async (event, context) => {
          try {
            await handler(event, context);
          } catch (error) {
            await new Promise((resolve) => setTimeout(resolve, 1_500));
            throw error;
          }
        },
      }),
  },
  {
    name: 'unlimited-prefetch',
    defect: 'reads as much as there is',
    noticedBy: ['backpressure/events-in-flight: in flight', 'backpressure/events-in-flight: as the consumer says'],
    distort: () =>
      consumers({ options: (options) => ({ ...options, maxInFlight: { events: 1_000_000, bytes: '1gb' } }) }),
  },
  {
    name: 'unlimited-bytes',
    defect: 'counts events in flight and not their bytes',
    noticedBy: ['backpressure/bytes-in-flight: bytes in flight'],
    distort: () => consumers({ options: (options) => ({ ...options, maxInFlight: { events: 500, bytes: '1gb' } }) }),
  },
  {
    name: 'wrong-attempt',
    defect: 'counts attempts from 0',
    noticedBy: [
      'retry/attempts-are-counted: attempts count',
      'retry/attempts-are-counted: delivered as often as it failed, and once',
    ],
    distort: () =>
      consumers({
        handler: (handler) => (event, context) =>
          handler(event, contextWith(context, { attempt: context.attempt - 1 })),
      }),
  },
  {
    name: 'attempt-forgotten',
    defect: 'tells every handler that it is the first attempt',
    noticedBy: [
      'retry/attempts-are-counted: attempts count',
      'retry/attempts-are-counted: delivered as often as it failed, and once',
      'retry/attempts-are-counted: no dead letters',
    ],
    distort: () =>
      consumers({ handler: (handler) => (event, context) => handler(event, contextWith(context, { attempt: 1 })) }),
  },
  {
    name: 'one-attempt-too-many',
    defect: 'tries once more than the policy says',
    noticedBy: ['dead-letter/after-the-last-attempt: five attempts of each poison event'],
    distort: () =>
      consumers({
        options: (options) => ({
          ...options,
          retry: { ...options.retry, attempts: (options.retry?.attempts ?? 5) + 1 },
        }),
      }),
  },
  ...backoffMutants,
  {
    name: 'resumes-by-itself',
    defect: 'goes on although it was paused',
    noticedBy: [
      'backpressure/a-paused-consumer: no delivery while paused',
      'backpressure/a-paused-consumer: no batch while paused',
    ],
    distort: () =>
      consumers({
        pause(consumer) {
          consumer.pause();
          setTimeout(() => consumer.resume(), 200);
        },
      }),
  },
  {
    name: 'letter-without-headers',
    defect: 'leaves the original headers out of dead letters',
    noticedBy: [
      'dead-letter/a-letter-holds-the-event: tells where and why',
      'dead-letter/a-letter-holds-the-event: key, bytes and headers unchanged',
      'dead-letter/a-letter-holds-the-event: redrive sends nothing twice',
    ],
    exists: hasHeaders,
    distort: () =>
      sinks((sink, topic) =>
        topic.endsWith('.dlq')
          ? withEvents(sink, (events) =>
              events.map((event) => ({
                ...event,
                headers: event.headers.filter(([name]) => name.startsWith('isostream-')),
              })),
            )
          : {},
      ),
  },
  {
    name: 'letters-on-shutdown',
    defect: 'dead-letters what is under way at close',
    noticedBy: ['close/a-member-closes: no dead letters'],
    distort: () =>
      consumers({
        handler:
          (handler, { isClosing }) =>
          async (event, context) => {
            await handler(event, context);
            if (isClosing()) throw new NonRetryableError('shutting down');
          },
      }),
  },
  {
    name: 'close-drops-prefetched',
    defect: 'commits at close what it had read and not handed out',
    noticedBy: ['groups/a-group-resumes: resumes with what was not settled'],
    exists: hasPositions,
    distort: () => assignments((assignment) => committingNewest(assignment, (isDraining) => isDraining)),
  },
  ...bytesMutants,
  ...tombstoneMutants,
  {
    name: 'swap-on-send',
    defect: 'stores two events of a key in the wrong order',
    noticedBy: [
      'no-loss/all-is-handled-once-and-in-order: order per key',
      'no-loss/all-is-handled-once-and-in-order: after predecessors',
      'send-order/several-producers-each-in-order: order per sender',
    ],
    distort: () => sinks(inWrongOrder),
  },
  {
    name: 'moving-keys',
    defect: 'spreads the events of a key over partitions',
    noticedBy: ['key-order/a-key-keeps-its-partition: stable partition'],
    exists: hasPositions,
    distort() {
      let next = 0;
      const elsewhere = (event: EncodedEvent): EncodedEvent => ({ ...event, key: `elsewhere ${next++}` });
      return sinks((sink) => ({
        ...withEvents(sink, (events) => events.map(elsewhere)),
        lane: (event) => sink.lane(elsewhere(event)),
      }));
    },
  },
  {
    name: 'acknowledged-and-lost',
    defect: 'acknowledges a send that it did not store',
    noticedBy: ['no-loss/all-is-handled-once-and-in-order: all delivered'],
    distort() {
      let writes = 0;
      return sinks((sink) => ({
        async write(route, batches, signal) {
          if (writes++ % 2 === 1) return sink.write(route, batches, signal);
          return batches.map(acknowledgedUnstored);
        },
      }));
    },
  },
  {
    name: 'latest-is-earliest',
    defect: 'starts a new group at the oldest event, whatever was asked',
    noticedBy: ['start-replay/earliest-and-latest: latest gets nothing older'],
    distort: () => ({
      adapter: (adapter) => ({
        ...adapter,
        createSource: (subscription) => adapter.createSource({ ...subscription, from: 'earliest' }),
      }),
    }),
  },
  {
    name: 'alter-resets-the-rest',
    defect: 'sets what it was not asked to change back to the defaults',
    noticedBy: [
      'retention/retention-is-changed: made longer',
      'retention/retention-is-changed: a refusal changes nothing',
      'retention/retention-is-changed: made shorter with consent',
    ],
    distort: () =>
      administration((admin) => ({
        alterTopic: (name, settings, signal) =>
          admin.alterTopic(name, { maxEventBytes: 1_000_000, ...settings }, signal),
      })),
  },
  ...groupMutants,
  ...faultMutants,
  ...startMutants,
  ...receiptMutants,
];

/** Commits the newest event that was read, while `when` says so. */
function committingNewest(assignment: Assignment, when: (isDraining: boolean) => boolean): AssignmentChanges {
  let newest: Mark | undefined;
  let reading: AbortSignal | undefined;
  return {
    async read(page, signal) {
      reading = signal;
      newest = (await readSeen(assignment, page, signal)).at(-1) ?? newest;
    },
    commit: (upTo) => assignment.commit?.(when(reading?.aborted === true) && newest !== undefined ? newest : upTo),
  };
}
