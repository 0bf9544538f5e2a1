import { type Clock, StreamError, systemClock, openAdapter } from '@isostream/core/adapter';
import { withSink } from './distort-assignments.ts';
import { withAdministration, withEveryProducer, withReady, withRuns, withSends } from './distort-streams.ts';
import { healthMutants } from './health-mutants.ts';
import type { Mutant } from './mutant.ts';
import { onAdapter, onStreams } from './distortion.ts';

/** Longer than a service takes to answer that is there. */
const patienceMs = 400;

/** Providers that are wrong while their service is away. */
export const outageMutants: readonly Mutant[] = [
  {
    name: 'consumer-gives-up-at-start',
    defect: 'ends a consumer that starts while the service is away',
    noticedBy: ['no-loss/the-service-starts-late: members wait'],
    distort: () => ({
      streams: (streams) =>
        withRuns(streams, async () => openAdapter(streams.adapter).connect(AbortSignal.timeout(patienceMs))),
    }),
  },
  {
    name: 'producer-gives-up-at-start',
    defect: 'fails what is sent while the service is away at the first refusal',
    noticedBy: ['no-loss/the-service-starts-late: no send fails'],
    distort: onAdapter(withSink, (sink) => ({
      async open(signal) {
        try {
          await sink.open(signal);
        } catch (thrown) {
          const { code, message, where } = StreamError.from(thrown, 'producer');
          throw new StreamError(code, message, { where, retryable: false });
        }
      },
    })),
  },
  {
    name: 'deadlines-of-the-producer-alone',
    defect: 'takes no notice of the deadlines that a single send has',
    noticedBy: ['send/a-send-has-its-own-deadline: short deadlines hold'],
    distort: onStreams(withSends, ({ signal }) => (signal === undefined ? {} : { signal })),
  },
  {
    name: 'ready-too-early',
    defect: 'says of a consumer at once that it holds its share',
    noticedBy: ['start-replay/a-member-is-ready: what is sent once it is ready is delivered'],
    distort: () => ({ streams: (streams) => withReady(streams, Promise.resolve()) }),
  },
  {
    name: 'one-long-turn',
    defect: 'lets nothing else have a turn while there are events for handlers that never wait',
    noticedBy: ['backpressure/the-event-loop-has-its-turns: turns in between'],
    distort() {
      const clock: Clock = {
        now: () => systemClock.now(),
        monotonic: () => systemClock.monotonic(),
        timer: (ms, fire) => systemClock.timer(ms, fire),
      };
      return { clock };
    },
  },
  {
    name: 'remembers-what-is-closed',
    defect: 'keeps every producer that there ever was until the client closes',
    noticedBy: ['close/closed-clients-are-freed: freed when closed'],
    distort: () => ({
      streams(streams) {
        const kept: unknown[] = [];
        return withEveryProducer(streams, (producer) => void kept.push(producer));
      },
    }),
  },
  {
    name: 'administers-after-its-close',
    defect: 'administers topics though the client is closed',
    noticedBy: ['close/at-any-time: a closed client refuses'],
    distort: () => ({
      streams: (streams) =>
        withAdministration(streams, {
          describe: (topic) => openAdapter(streams.adapter).admin.describeTopic(nameOf(topic)),
        }),
    }),
  },
  ...healthMutants,
];

function nameOf(topic: string | { readonly name: string }): string {
  return typeof topic === 'string' ? topic : topic.name;
}
