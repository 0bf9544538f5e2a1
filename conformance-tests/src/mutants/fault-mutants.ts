import {
  type Adapter,
  type Admin,
  type BatchResult,
  type LaneBatch,
  type Mark,
  type Sink,
  StreamError,
} from '@isostream/core/adapter';
import { forget, readOnly, withAdmin, withAssignments, withSink, withoutGaps } from './distort-assignments.ts';
import {
  acknowledgedUnstored,
  administration,
  answering,
  answers,
  assignments,
  onStreams,
  sinks,
} from './distortion.ts';
import { withConsumers, withProducers } from './distort-streams.ts';
import { hasPositions, type Mutant } from './mutant.ts';

/** Providers that are right as long as nothing breaks. */
export const faultMutants: readonly Mutant[] = [
  {
    name: 'commits-go-back',
    defect: 'stores an old position again now and then',
    noticedBy: ['no-loss/nothing-unsettled-is-committed: monotonic commits'],
    exists: hasPositions,
    distort: () =>
      assignments((assignment) => {
        let first: Mark | undefined;
        let commits = 0;
        return {
          commit(upTo) {
            first ??= upTo;
            return assignment.commit?.(++commits % 4 === 0 ? first : upTo);
          },
        };
      }),
  },
  {
    name: 'resends-as-new',
    defect: 'sends a batch of unknown outcome again as if it were another one',
    noticedBy: [
      'send-order/connections-cut-while-sending: stored once',
      'send-order/connections-cut-while-sending: exactly once',
      'no-loss/connections-are-half-open: stored once',
    ],
    exists: ({ idempotentWrites }) => idempotentWrites,
    distort() {
      const tries = new WeakMap<LaneBatch, LaneBatch>();
      return sinks((sink) => ({
        write(route, batches, signal) {
          const copies = batches.map((batch) => {
            const copy = tries.has(batch) ? { ...batch } : batch;
            tries.set(batch, copy);
            return copy;
          });
          return sink.write(route, copies, signal);
        },
      }));
    },
  },
  {
    name: 'takes-unknown-for-stored',
    defect: 'acknowledges a batch whose outcome nobody knows',
    noticedBy: [
      'send-order/connections-cut-while-sending: all delivered',
      'send-order/connections-cut-while-sending: after predecessors',
      'no-loss/the-network-swallows-everything: all delivered',
      'no-loss/the-broker-dies: all delivered',
    ],
    distort: () =>
      answers((result, batch) =>
        StreamError.is(result) && result.outcome === 'unknown' ? acknowledgedUnstored(batch) : result,
      ),
  },
  {
    name: 'says-not-written',
    defect: 'says of a batch whose outcome nobody knows that it was not written',
    noticedBy: [
      'send-order/connections-cut-while-sending: honest sends',
      'no-loss/connections-keep-breaking: honest sends',
    ],
    distort: () =>
      answers((result) =>
        StreamError.is(result) && result.outcome === 'unknown'
          ? new StreamError(result.code, result.message, { where: result.where, outcome: 'not-written', cause: result })
          : result,
      ),
  },
  {
    name: 'drops-letters-that-fail',
    defect: 'goes on when a dead letter cannot be written',
    noticedBy: [
      'dead-letter/letters-are-refused: contiguous commits',
      'dead-letter/letters-are-refused: after predecessors',
      'dead-letter/letters-are-refused: dead letters',
    ],
    distort: () => ({ adapter: (adapter) => droppingLetters(adapter, () => true) }),
  },
  {
    name: 'drops-letters-at-close',
    defect: 'gives up, at close, the letters that it could not write, and their events with them',
    noticedBy: [
      'dead-letter/closing-while-letters-are-refused: dead letters',
      'dead-letter/closing-while-letters-are-refused: contiguous commits',
      'dead-letter/closing-while-letters-are-refused: after predecessors',
    ],
    distort() {
      let isClosing = false;
      return {
        adapter: (adapter) => droppingLetters(adapter, () => isClosing),
        streams: (streams) => withConsumers(streams, { onClose: () => (isClosing = true) }),
      };
    },
  },
  {
    name: 'skips-gaps-in-silence',
    defect: 'goes on after events that retention removed without a word',
    noticedBy: [
      'retention/events-expire-before-they-are-read: stops by default',
      'retention/events-expire-before-they-are-read: the gap is counted',
      'retention/events-expire-before-they-are-read: nothing else is missing',
      'retention/events-expire-by-themselves: stops by default',
      'retention/events-expire-by-themselves: the gap is counted',
    ],
    exists: hasPositions,
    distort: () =>
      assignments((assignment) => ({
        read: withoutGaps(assignment),
      })),
  },
  {
    name: 'no-lag',
    defect: 'says that no group is ever behind',
    noticedBy: ['start-replay/lag: counts what is not committed', 'start-replay/lag: its age grows'],
    distort: () =>
      administration((admin) => ({
        lag: async (topic, group, signal) =>
          (await admin.lag(topic, group, signal)).map((lag) => ({ ...lag, events: 0, ms: 0 })),
      })),
  },
  {
    name: 'unbounded-producer',
    defect: 'buffers whatever it is given',
    noticedBy: ['backpressure/a-full-producer: holds exactly what it may', 'backpressure/a-full-producer: says why'],
    distort: onStreams(withProducers, (options) => ({ ...options, maxBuffered: { events: 1_000_000, bytes: '1gb' } })),
  },
  {
    name: 'producer-counts-no-bytes',
    defect: 'counts the events that a producer holds and not their bytes',
    noticedBy: ['backpressure/a-producer-full-by-bytes: holds no more than it may'],
    distort: onStreams(withProducers, (options) => ({
      ...options,
      maxBuffered: { ...options.maxBuffered, bytes: '1gb' },
    })),
  },
  {
    name: 'leaves-a-timer',
    defect: 'goes on looking after a client that was closed',
    noticedBy: ['close/nothing-keeps-the-process-alive: nothing is left'],
    distort: () => ({
      adapter: (adapter) => ({
        ...adapter,
        async close() {
          await adapter.close();
          setTimeout(() => undefined, 15_000);
        },
      }),
    }),
  },
  {
    name: 'forgets-producers-at-growth',
    defect: 'takes what producers that ran before partitions were added send, and stores none of it',
    noticedBy: ['groups/partitions-are-added-under-load: all delivered'],
    exists: ({ reshard }) => reshard !== 'none',
    distort: () => ({ adapter: withOldSinks('alterTopic', acknowledgedUnstored) }),
  },
  {
    name: 'producer-keeps-the-old-topic',
    defect: 'refuses what producers send that were open before their topic was created again',
    noticedBy: ['send/a-recreated-topic-is-opened-anew: no send fails afterwards'],
    distort: () => ({
      adapter: withOldSinks(
        'createTopic',
        () => new StreamError('unknown-topic', 'gone', { where: 'mutant', outcome: 'not-written' }),
      ),
    }),
  },
  {
    name: 'time-is-earliest',
    defect: 'starts at the oldest event where a time was asked',
    noticedBy: ['start-replay/at-a-time: the group gets nothing older'],
    distort: () => ({
      adapter: (adapter) => ({
        ...adapter,
        createSource: (subscription) =>
          adapter.createSource({
            ...subscription,
            from: subscription.from instanceof Date ? 'earliest' : subscription.from,
          }),
      }),
    }),
  },
  {
    name: 'two-batches-of-a-key',
    defect: 'has two batches of one key in flight',
    noticedBy: [
      'send-order/connections-cut-while-sending: order per key',
      'send-order/connections-cut-while-sending: after predecessors',
      'send-order/connections-cut-while-sending: stored in order',
    ],
    distort: () => sinks((sink) => inTwoLanes(sink, 2)),
  },
  {
    name: 'overtakes-on-the-way',
    defect: 'stores events of a key while an earlier one of it is still on its way',
    noticedBy: ['send/a-producer-crashes: no hole in a key'],
    distort: () => sinks(withLateLanes),
  },
  {
    name: 'skips-a-page-after-a-failure',
    defect: 'leaves out what it reads next after a handler failed',
    noticedBy: [
      'no-loss/nothing-unsettled-is-committed: all delivered',
      'no-loss/nothing-unsettled-is-committed: after predecessors',
      'no-loss/nothing-unsettled-is-committed: contiguous commits',
    ],
    distort() {
      let hasFailed = false;
      return {
        adapter: (adapter) =>
          withAssignments(adapter, (assignment) => ({
            async read(page, signal) {
              const skips = hasFailed;
              const skipped = await readOnly(assignment, page, signal, () => !skips);
              if (skipped.length === 0) return;
              hasFailed = false;
              await forget(assignment, skipped);
            },
          })),
        streams: (streams) =>
          withConsumers(streams, {
            handler: (handler) => async (event, context) => {
              try {
                await handler(event, context);
              } catch (thrown) {
                hasFailed = true;
                throw thrown;
              }
            },
          }),
      };
    },
  },
];

/** Takes a letter that could not be written for written, while `when` says so. */
function droppingLetters(adapter: Adapter, when: () => boolean): Adapter {
  return withSink(adapter, (sink, topic) =>
    topic.endsWith('.dlq')
      ? {
          async open(signal) {
            await sink.open(signal).catch((error: unknown) => {
              if (!when()) throw error;
            });
          },
          ...answering(sink, (result, { events }) =>
            StreamError.is(result) && when() ? events.map(() => ({ partition: '0', position: '0' })) : result,
          ),
        }
      : {},
  );
}

/** A sink that spreads each of its lanes, and so the events of a key, over two: of so many events one goes into the second. */
function inTwoLanes(sink: Sink, one: number): Pick<Sink, 'lane' | 'route' | 'write' | 'abandon'> {
  const batches = new WeakMap<LaneBatch, LaneBatch>();
  const whole = (half: LaneBatch): LaneBatch => {
    const batch = batches.get(half) ?? { ...half, lane: laneOf(half.lane) };
    batches.set(half, batch);
    return batch;
  };
  let next = 0;
  return {
    lane: (event) => `${sink.lane(event)}/${++next % one === 0 ? 1 : 0}`,
    route: (half) => sink.route(laneOf(half)),
    write: (route, halves, signal) => sink.write(route, halves.map(whole), signal),
    abandon: (half) => sink.abandon(whole(half)),
  };
}

/** Every fourth event is written half a second later, and those behind it in its key are not. */
function withLateLanes(sink: Sink): Partial<Sink> {
  const lanes = inTwoLanes(sink, 4);
  return {
    ...lanes,
    route: (half) => `${lanes.route(half)}${half.slice(laneOf(half).length)}`,
    async write(route, halves, signal) {
      if (route.endsWith('/1')) await new Promise((resolve) => setTimeout(resolve, 500));
      return lanes.write(laneOf(route), halves, signal);
    },
  };
}

function laneOf(half: string): string {
  return half.slice(0, half.lastIndexOf('/'));
}

/** Sinks that were there before an act of the administration, whoever did it, answer each batch with this and write nothing. */
function withOldSinks(
  act: 'alterTopic' | 'createTopic',
  answer: (batch: LaneBatch) => BatchResult,
): (adapter: Adapter) => Adapter {
  let acts = 0;
  return (adapter) => {
    const counting = withAdmin(adapter, (admin) => ({
      async [act](...given: Parameters<Admin['createTopic']>) {
        await admin[act](...given);
        acts++;
      },
    }));
    return withSink(counting, (sink) => {
      const made = acts;
      return {
        write: async (route, batches, signal) =>
          made === acts ? sink.write(route, batches, signal) : batches.map((batch) => answer(batch)),
      };
    });
  };
}
