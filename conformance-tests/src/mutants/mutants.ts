import { type Backoff, NonRetryableError, type Streams } from '@isostream/core';
import { type Capabilities, type EncodedEvent, type Mark, systemClock } from '@isostream/core/adapter';
import { laneWith, rearranged, withAdmin, withEvents, withLanes, withSink } from './distort-lanes.ts';
import { type ConsumerChanges, contextWith, withConsumers } from './distort-streams.ts';
import { faultMutants } from './fault-mutants.ts';
import { groupMutants } from './group-mutants.ts';
import { hasPositions, type Mutant } from './mutant.ts';
import { receiptMutants } from './receipt-mutants.ts';
import { startMutants } from './start-mutants.ts';
import { inWrongOrder, swapTwoOfAKey } from './wrong-order.ts';

const consumers = (changes: ConsumerChanges) => ({ streams: (streams: Streams) => withConsumers(streams, changes) });

/** Wrong versions of any provider: the suite must fail each of them. */
export const mutants: readonly Mutant[] = [
  {
    name: 'reverse-order',
    defect: 'hands each page out backwards',
    noticedBy: ['B1: order per key', 'B1: after predecessors'],
    distort: () => ({
      adapter: (adapter) => withLanes(adapter, (lane) => rearranged(lane, (events) => events.toReversed())),
    }),
  },
  {
    name: 'swap-on-redelivery',
    defect: 'swaps two events of a key when a partition is read a second time',
    noticedBy: ['E3: order per key'],
    distort() {
      const seen = new Set<string>();
      return {
        adapter: (adapter) =>
          withLanes(adapter, (lane, { topic }) => {
            const place = `${topic}/${lane.partition}`;
            if (seen.has(place)) return rearranged(lane, swapTwoOfAKey);
            seen.add(place);
            return lane;
          }),
      };
    },
  },
  {
    name: 'nack-to-tail',
    defect: 'puts a failed event at the end of the topic instead of trying it again',
    noticedBy: ['B4: after predecessors', 'B4: contiguous commits'],
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
    noticedBy: ['C1: delivered as often as it failed, and once', 'C1: after predecessors'],
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
    noticedBy: ['A3: exactly once'],
    distort() {
      let count = 0;
      return {
        adapter: (adapter) =>
          withLanes(adapter, (lane) =>
            laneWith(lane, {
              async read(room, signal) {
                const result = await lane.read(room, signal);
                if (result === 'end' || 'gap' in result) return result;
                return result.flatMap((event) => (++count % 10 === 0 && room.take(event) ? [event, event] : [event]));
              },
            }),
          ),
      };
    },
  },
  {
    name: 'commit-before-handler',
    defect: 'commits what it read before anybody handled it',
    noticedBy: ['A1: contiguous commits'],
    exists: hasPositions,
    distort: () => ({
      adapter: (adapter) =>
        withLanes(adapter, (lane) =>
          laneWith(lane, {
            async read(room, signal) {
              const result = await lane.read(room, signal);
              const last = result === 'end' || 'gap' in result ? undefined : result.at(-1);
              if (last !== undefined) await lane.commit(last);
              return result;
            },
            commit: async () => undefined,
          }),
        ),
    }),
  },
  {
    name: 'commit-past-failed',
    defect: 'commits up to the newest event that it read, failed or not',
    noticedBy: ['B4: contiguous commits', 'C2: contiguous commits'],
    exists: hasPositions,
    distort: () => ({ adapter: (adapter) => withLanes(adapter, (lane) => committingNewest(lane, () => true)) }),
  },
  {
    name: 'ignore-the-key',
    defect: 'runs events of one key at the same time',
    noticedBy: ['B2: single flight per key', 'B2: after predecessors'],
    distort: () => consumers({ options: (options) => ({ ...options, ordering: 'none' }) }),
  },
  {
    name: 'serialise-all-keys',
    defect: 'runs one handler at a time',
    noticedBy: ['B3: keys at once'],
    distort: () => consumers({ options: (options) => ({ ...options, concurrency: 1 }) }),
  },
  {
    name: 'partition-blocked-by-poison',
    defect: 'lets a failing event hold up its whole partition',
    noticedBy: ['C4: others go on while the poison keys wait'],
    exists: hasPositions,
    distort: () => consumers({ options: (options) => ({ ...options, ordering: 'partition' }) }),
  },
  {
    name: 'retry-wait-holds-a-slot',
    defect: 'counts an event that waits for its next attempt among the handlers that run',
    noticedBy: ['C4: waiting takes no handler’s place', 'C4: others go on while the poison keys wait'],
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
    noticedBy: ['F1: in flight', 'F1: as the consumer says'],
    distort: () =>
      consumers({ options: (options) => ({ ...options, maxInFlight: { events: 1_000_000, bytes: '1gb' } }) }),
  },
  {
    name: 'unlimited-bytes',
    defect: 'counts events in flight and not their bytes',
    noticedBy: ['F2: bytes in flight'],
    distort: () => consumers({ options: (options) => ({ ...options, maxInFlight: { events: 500, bytes: '1gb' } }) }),
  },
  {
    name: 'wrong-attempt',
    defect: 'counts attempts from 0',
    noticedBy: ['C1: attempts count', 'C1: delivered as often as it failed, and once'],
    distort: () =>
      consumers({
        handler: (handler) => (event, context) =>
          handler(event, contextWith(context, { attempt: context.attempt - 1 })),
      }),
  },
  {
    name: 'attempt-forgotten',
    defect: 'tells every handler that it is the first attempt',
    noticedBy: ['C1: attempts count', 'C1: delivered as often as it failed, and once', 'C1: no dead letters'],
    distort: () =>
      consumers({ handler: (handler) => (event, context) => handler(event, contextWith(context, { attempt: 1 })) }),
  },
  {
    name: 'one-attempt-too-many',
    defect: 'tries once more than the policy says',
    noticedBy: ['C2: five attempts of each poison event'],
    distort: () =>
      consumers({
        options: (options) => ({
          ...options,
          retry: { ...options.retry, attempts: (options.retry?.attempts ?? 5) + 1 },
        }),
      }),
  },
  {
    name: 'backoff-twice',
    defect: 'advances the backoff twice a failure',
    noticedBy: ['C3: waits as the policy says'],
    distort: () => ({
      clock: { ...systemClock, timer: (ms, fire) => systemClock.timer(ms <= 300 ? (ms * ms) / 100 : ms, fire) },
    }),
  },
  {
    name: 'backoff-early',
    defect: 'tries again before the backoff is over',
    noticedBy: ['C3: waits as the policy says'],
    distort: () => ({
      clock: { ...systemClock, timer: (ms, fire) => systemClock.timer(ms < 2_000 ? ms * 0.8 : ms, fire) },
    }),
  },
  {
    name: 'backoff-without-cap',
    defect: 'doubles the backoff beyond its longest',
    noticedBy: ['C3: waits as the policy says'],
    distort: () => withBackoff({ max: '1h' }),
  },
  {
    name: 'jitter-is-zero',
    defect: 'tries again after the longest wait where any up to that was asked',
    noticedBy: ['C3: jitter spreads the waits'],
    distort: () => withBackoff({ jitter: 'none' }),
  },
  {
    name: 'resumes-by-itself',
    defect: 'goes on although it was paused',
    noticedBy: ['F3: no delivery while paused'],
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
    noticedBy: ['C6: tells where and why', 'C6: key, bytes and headers unchanged', 'C6: redrive sends nothing twice'],
    exists: hasHeaders,
    distort: () => ({
      adapter: (adapter) =>
        withSink(adapter, (sink, topic) =>
          topic.endsWith('.dlq')
            ? withEvents(sink, (events) =>
                events.map((event) => ({
                  ...event,
                  headers: event.headers.filter(([name]) => name.startsWith('isostream-')),
                })),
              )
            : {},
        ),
    }),
  },
  {
    name: 'letters-on-shutdown',
    defect: 'dead-letters what is under way at close',
    noticedBy: ['I1: no dead letters'],
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
    noticedBy: ['E3: resumes with what was not settled'],
    exists: hasPositions,
    distort: () => ({
      adapter: (adapter) => withLanes(adapter, (lane) => committingNewest(lane, (isDraining) => isDraining)),
    }),
  },
  {
    name: 'header-case-folded',
    defect: 'writes header names in lower case',
    noticedBy: ['G2: round trip'],
    exists: hasHeaders,
    distort: () =>
      changedEvents((event) => ({
        ...event,
        headers: event.headers.map(([name, value]) => [name.toLowerCase(), value] as const),
      })),
  },
  {
    name: 'tombstone-becomes-empty',
    defect: 'stores an empty payload for a tombstone',
    noticedBy: ['G1: round trip'],
    // Without headers it is a wrapper that says that there is no payload.
    exists: hasHeaders,
    distort: () => changedEvents((event) => ({ ...event, value: event.value ?? new Uint8Array() })),
  },
  {
    name: 'empty-key-becomes-null',
    defect: 'takes an empty key for none',
    noticedBy: ['G3: round trip'],
    distort: () => changedEvents((event) => ({ ...event, key: event.key === '' ? null : event.key })),
  },
  {
    name: 'swap-on-send',
    defect: 'stores two events of a key in the wrong order',
    noticedBy: ['B1: order per key', 'B1: after predecessors'],
    distort: () => ({ adapter: (adapter) => withSink(adapter, inWrongOrder) }),
  },
  {
    name: 'moving-keys',
    defect: 'spreads the events of a key over partitions',
    noticedBy: ['B7: stable partition'],
    exists: hasPositions,
    distort() {
      let next = 0;
      const elsewhere = (event: EncodedEvent): EncodedEvent => ({ ...event, key: `elsewhere ${next++}` });
      return {
        adapter: (adapter) =>
          withSink(adapter, (sink) => ({
            ...withEvents(sink, (events) => events.map(elsewhere)),
            lane: (event) => sink.lane(elsewhere(event)),
          })),
      };
    },
  },
  {
    name: 'acknowledged-and-lost',
    defect: 'acknowledges a send that it did not store',
    noticedBy: ['A1: all delivered'],
    distort() {
      let writes = 0;
      return {
        adapter: (adapter) =>
          withSink(adapter, (sink) => ({
            async write(route, batches, signal) {
              if (writes++ % 2 === 1) return sink.write(route, batches, signal);
              return batches.map(({ lane, events }) =>
                events.map((_, index) => ({ partition: lane, position: String(1_000_000 + index) })),
              );
            },
          })),
      };
    },
  },
  {
    name: 'latest-is-earliest',
    defect: 'starts a new group at the oldest event, whatever was asked',
    noticedBy: ['E1: latest gets nothing older'],
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
    noticedBy: ['H4: made longer', 'H4: a refusal changes nothing', 'H4: made shorter with consent'],
    distort: () => ({
      adapter: (adapter) =>
        withAdmin(adapter, (admin) => ({
          alterTopic: (name, settings, signal) =>
            admin.alterTopic(name, { maxEventBytes: 1_000_000, ...settings }, signal),
        })),
    }),
  },
  ...groupMutants,
  ...faultMutants,
  ...startMutants,
  ...receiptMutants,
];

function withBackoff(change: Backoff) {
  return consumers({
    options: (options) => ({
      ...options,
      retry: { ...options.retry, backoff: { ...options.retry?.backoff, ...change } },
    }),
  });
}

function hasHeaders({ headers }: Capabilities): boolean {
  return headers !== 'none';
}

function changedEvents(change: (event: EncodedEvent) => EncodedEvent) {
  return {
    adapter: (adapter: Parameters<typeof withSink>[0]) =>
      withSink(adapter, (sink) => withEvents(sink, (events) => events.map(change))),
  };
}

/** Commits the newest event that was read, while `when` says so. */
function committingNewest(lane: Parameters<typeof laneWith>[0], when: (isDraining: boolean) => boolean) {
  let newest: Mark | undefined;
  let reading: AbortSignal | undefined;
  return laneWith(lane, {
    async read(room, signal) {
      reading = signal;
      const result = await lane.read(room, signal);
      if (result !== 'end' && !('gap' in result)) newest = result.at(-1) ?? newest;
      return result;
    },
    commit: (upTo) => lane.commit(when(reading?.aborted === true) && newest !== undefined ? newest : upTo),
  });
}
