import { NonRetryableError } from '@isostream/core';
import { type Adapter, StreamError } from '@isostream/core/adapter';
import { pageWith } from '../history/pages.ts';
import { administration, assignments, consumers, onStreams, unlessFailed } from './distortion.ts';
import { withConsumerClose, withPartialFailuresSwallowed, withProducerCalls } from './distort-streams.ts';
import { hasPositions, type Mutant } from './mutant.ts';

/** Providers that break a promise that is the matter of one scenario. */
export const lastMutants: readonly Mutant[] = [
  {
    name: 'retries-what-is-hopeless',
    defect: 'tries an event again that its handler called hopeless',
    noticedBy: ['dead-letter/a-non-retryable-error: one delivery of each'],
    distort: () =>
      consumers({
        handler: (handler) => async (event, context) => {
          try {
            await handler(event, context);
          } catch (error) {
            throw NonRetryableError.is(error) ? new Error('once more') : error;
          }
        },
      }),
  },
  {
    name: 'passes-over-the-undecodable',
    defect: 'writes no letter for bytes that nobody can decode',
    noticedBy: ['dead-letter/undecodable-bytes: a letter for each'],
    distort: () => consumers({ options: (options) => ({ ...options, onFailure: 'skip' }) }),
  },
  {
    name: 'one-id-for-all',
    defect: 'gives all events that have no id the same one',
    noticedBy: ['fidelity/times-ids-and-positions: ids are unique'],
    distort: onStreams(withProducerCalls, (producer) => ({
      send: (event, options) => producer.send(Object.assign({ id: 'the same' }, event), options),
    })),
  },
  {
    name: 'gives-up-after-a-session',
    defect: 'takes a handler that is longer than a session for one that hangs',
    noticedBy: ['groups/a-handler-longer-than-the-session: single flight per key'],
    distort: ({ sessionTimeoutMs }) =>
      consumers({ options: (options) => ({ ...options, handlerTimeout: sessionTimeoutMs }) }),
  },
  {
    name: 'first-group-takes-all',
    defect: 'gives each event to the group that asks first, and to no other',
    noticedBy: ['groups/each-group-gets-every-event: all delivered'],
    distort() {
      const owners = new Map<string, string>();
      return assignments((assignment, { group }) => ({
        read: (page, signal) =>
          assignment.read(
            pageWith(page, {
              add(event) {
                const place = `${assignment.partition}/${event.position}`;
                if (!owners.has(place)) owners.set(place, group);
                return owners.get(place) === group && page.add(event);
              },
            }),
            signal,
          ),
      }));
    },
  },
  {
    name: 'leaves-after-a-session',
    defect: 'lets a group wait for a session when a member leaves',
    noticedBy: ['groups/more-members-than-partitions: nobody waits for the session'],
    exists: hasPositions,
    distort: ({ sessionTimeoutMs }) => ({ adapter: (adapter) => leavingLate(adapter, sessionTimeoutMs) }),
  },
  {
    name: 'stores-in-another-topic',
    defect: 'stores what is sent to a topic in another one',
    noticedBy: ['no-loss/topics-do-not-mix: nothing else is delivered'],
    distort() {
      let first: string | undefined;
      let count = 0;
      return {
        adapter: (adapter) => ({
          ...adapter,
          createSink(topic) {
            first ??= topic;
            return adapter.createSink(++count % 3 === 0 && !topic.endsWith('.dlq') ? first : topic);
          },
        }),
      };
    },
  },
  {
    name: 'forgets-failures-of-a-batch',
    defect: 'settles the events of a batch that its handler said have failed',
    noticedBy: ['retry/a-batch-fails-in-part: failed events twice, others once'],
    distort: () => ({ streams: withPartialFailuresSwallowed }),
  },
  {
    name: 'deleted-group-goes-on',
    defect: 'says that a group was deleted, and keeps where it was',
    noticedBy: ['start-replay/a-group-is-deleted: everything again'],
    distort: () => administration(() => ({ deleteGroup: async () => undefined })),
  },
  {
    name: 'earliest-is-latest',
    defect: 'starts a new group at the newest event, whatever was asked',
    noticedBy: ['start-replay/groups-are-made-under-load: all delivered'],
    distort: () => ({
      adapter: (adapter) => ({
        ...adapter,
        createSource: (subscription) => adapter.createSource({ ...subscription, from: 'latest' }),
      }),
    }),
  },
  {
    name: 'takes-what-is-not-portable',
    defect: 'acknowledges an event that not every provider can carry',
    noticedBy: ['fidelity/headers: refused alike', 'fidelity/keys: refused alike'],
    distort: onStreams(withProducerCalls, (producer) => ({
      send: (...given) =>
        unlessFailed(producer.send(...given), ['invalid-header', 'invalid-key'], () => ({
          partition: undefined,
          position: undefined,
        })),
    })),
  },
  {
    name: 'deletes-what-is-not-there',
    defect: 'says of a topic that does not exist that it was deleted',
    noticedBy: ['errors/the-same-code-everywhere: delete a missing topic'],
    distort: () =>
      administration((admin) => ({
        deleteTopic: (...given) => unlessFailed(admin.deleteTopic(...given), ['unknown-topic'], () => undefined),
      })),
  },
  {
    name: 'declares-too-much',
    defect: 'declares that it takes larger events than it does',
    noticedBy: ['capabilities/what-is-absent-is-refused: events over the provider’s limit'],
    distort: () => ({
      adapter: (adapter) => ({
        ...adapter,
        capabilities: { ...adapter.capabilities, maxEventBytes: adapter.capabilities.maxEventBytes + 1_000 },
      }),
    }),
  },
  {
    name: 'aborted-is-not-written',
    defect: 'says of a send that was aborted under way that it was not written',
    noticedBy: ['send/a-failed-send-says-if-it-was-written: honest sends'],
    distort: onStreams(withProducerCalls, (producer) => ({
      send: (...given) =>
        unlessFailed(producer.send(...given), ['aborted'], (error) => {
          throw new StreamError('aborted', error.message, { where: 'mutant', outcome: 'not-written' });
        }),
    })),
  },
  {
    name: 'close-has-its-own-deadline',
    defect: 'closes a consumer by a deadline of its own, whatever was asked',
    noticedBy: ['close/a-hanging-handler: the deadline holds'],
    distort: ({ sessionTimeoutMs }) => ({
      streams: (streams) => withConsumerClose(streams, { deadline: sessionTimeoutMs + 1_000 }),
    }),
  },
];

/** The adapter whose sources hear a session late that they are to leave. */
function leavingLate(adapter: Adapter, sessionTimeoutMs: number): Adapter {
  return {
    ...adapter,
    createSource(subscription) {
      const source = adapter.createSource(subscription);
      return {
        run(listener, signal) {
          const late = new AbortController();
          // Twice as long: the suite takes off for how long the machine stood still meanwhile.
          const leave = (): unknown => setTimeout(() => late.abort(signal.reason), 2 * sessionTimeoutMs);
          signal.addEventListener('abort', leave, { once: true });
          return source.run(listener, late.signal);
        },
      };
    },
  };
}
