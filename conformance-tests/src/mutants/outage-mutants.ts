import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Clock, StreamError, systemClock } from '@isostream/core/adapter';
import { onStreams, sinks } from './distortion.ts';
import { withAdministration, withClose, withEveryProducer, withReady, withRuns, withSends } from './distort-streams.ts';
import { healthMutants } from './health-mutants.ts';
import type { Mutant } from './mutant.ts';

/** Longer than a service takes to answer that is there. */
const patienceMs = 400;

/** Providers that are wrong while their service is away. */
export const outageMutants: readonly Mutant[] = [
  {
    name: 'consumer-gives-up-at-start',
    defect: 'ends a consumer that starts while the service is away',
    noticedBy: ['no-loss/the-service-starts-late: members wait'],
    distort: () => ({
      // It asks for the topics, because not every adapter asks anything when it connects.
      streams: (streams) =>
        withRuns(streams, async () => {
          const asked = streams.admin.topics().then(
            () => true,
            () => false,
          );
          if (!(await Promise.race([asked, after(patienceMs, false)])))
            throw new StreamError('unavailable', 'the service is away', { where: 'mutant' });
        }),
    }),
  },
  {
    name: 'producer-gives-up-at-start',
    defect: 'fails what is sent while the service is away at the first refusal',
    noticedBy: ['no-loss/the-service-starts-late: no send fails'],
    distort: () =>
      sinks((sink) => ({
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
    name: 'waits-without-a-word-for-what',
    defect: 'tells of trouble without saying whose it is',
    noticedBy: ['no-loss/the-service-starts-late: whoever waits says for what'],
    distort: () => ({
      streams(streams) {
        subscribe(warnings, forgetWhose);
        return withClose(streams, async (_, options) => {
          unsubscribe(warnings, forgetWhose);
          await streams.close(options);
        });
      },
    }),
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
    noticedBy: [
      'start-replay/a-member-is-ready: what is sent once it is ready is delivered',
      'start-replay/a-member-is-ready: one that ended says why',
    ],
    // A start that takes its time: events that are sent meanwhile come before a group at latest.
    distort: () => ({
      streams: (streams) => withRuns(withReady(streams, Promise.resolve()), () => after(patienceMs, undefined)),
    }),
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
          // Some adapters refuse as well once they are closed; what it knew before is enough to answer.
          describe: async (topic) =>
            streams.admin.describe(topic).catch((error: unknown) => {
              if (!StreamError.is(error) || error.code !== 'closed') throw error;
              return { name: nameOf(topic), partitionNames: [] };
            }),
        }),
    }),
  },
  ...healthMutants,
];

const warnings = 'isostream:adapter:warning';

/** Hears of trouble before the suite does, which listens later. */
function forgetWhose(told: unknown): void {
  if (typeof told !== 'object' || told === null || !('message' in told)) return;
  Reflect.set(told, 'message', String(told.message).replace(/^(?:consumer|producer|the service) of/, 'somebody of'));
}

function nameOf(topic: string | { readonly name: string }): string {
  return typeof topic === 'string' ? topic : topic.name;
}

function after<Value>(ms: number, value: Value): Promise<Value> {
  return new Promise((resolve) => setTimeout(resolve, ms, value));
}
