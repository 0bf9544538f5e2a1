import { StreamError } from '@isostream/core/adapter';
import { administration, onStreams, unlessFailed } from './distortion.ts';
import { withConsumers, withProducerCalls, withSends } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';

const where = 'mutant';

/** Providers of which one call is answered wrongly, or not in time. */
export const callMutants: readonly Mutant[] = [
  {
    name: 'handler-timeout-ignored',
    defect: 'lets a handler run for as long as it likes, whatever `handlerTimeout` says',
    noticedBy: ['retry/throw-reject-and-timeout: three attempts of each'],
    distort: onStreams(withConsumers, {
      options: (options) => ({ ...options, handlerTimeout: '1h', drainTimeout: 100 }),
    }),
  },
  {
    name: 'resets-under-members',
    defect: 'says that a group which has members was reset',
    noticedBy: ['start-replay/a-group-is-reset: refused while the group is active'],
    exists: ({ resetGroup }) => resetGroup,
    distort: () =>
      administration((admin) => ({
        resetGroup: (...given) => unlessFailed(admin.resetGroup(...given), ['conflict'], () => undefined),
      })),
  },
  {
    name: 'gone-topic-unnamed',
    defect: 'does not say of a topic that is gone that it is unknown',
    noticedBy: ['send/a-recreated-topic-is-opened-anew: a topic that is gone is named'],
    distort: onStreams(withProducerCalls, (producer) => ({
      send: (...given) =>
        unlessFailed(producer.send(...given), ['unknown-topic'], () => {
          throw new StreamError('unavailable', 'try later', { where, outcome: 'not-written' });
        }),
    })),
  },
  {
    name: 'neighbours-fail-too',
    defect: 'fails the event that comes after one that is too large',
    noticedBy: ['send/an-event-too-large-fails-alone: only the large ones fail'],
    distort: onStreams(withProducerCalls, (producer) => {
      let afterTooLarge = Promise.resolve(false);
      return {
        async send(...given) {
          const sending = afterTooLarge.then((isAfter) => {
            if (!isAfter) return producer.send(...given);
            throw new StreamError('invalid-event', 'failed beside it', { where, outcome: 'not-written' });
          });
          afterTooLarge = sending.then(
            () => false,
            (error: unknown) => StreamError.is(error) && error.code === 'event-too-large',
          );
          return sending;
        },
      };
    }),
  },
  {
    name: 'producer-closes-at-once',
    defect: 'says that a producer is closed while its sends have no results',
    noticedBy: ['close/a-producer-closes: before close resolved'],
    distort: onStreams(withProducerCalls, (producer) => ({
      async close(options) {
        void producer.close(options);
      },
    })),
  },
  {
    name: 'send-hears-no-signal',
    defect: 'waits for the service though the signal of a send is aborted',
    noticedBy: ['close/while-the-service-is-silent: at once'],
    distort: onStreams(withSends, (options) => ({
      ...options,
      ...(options.signal === undefined ? {} : { signal: new AbortController().signal, deliveryTimeout: 3_000 }),
    })),
  },
];
