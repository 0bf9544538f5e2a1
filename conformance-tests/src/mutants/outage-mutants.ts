import { StreamError } from '@isostream/core/adapter';
import { withSink } from './distort-lanes.ts';
import { withRuns } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';

/** Longer than a service takes to answer that is there. */
const patienceMs = 400;

/** Providers that are wrong while their service is away. */
export const outageMutants: readonly Mutant[] = [
  {
    name: 'consumer-gives-up-at-start',
    defect: 'ends a consumer that starts while the service is away',
    noticedBy: ['J6: members wait'],
    distort: () => ({
      streams: (streams) => withRuns(streams, async () => streams.adapter.connect(AbortSignal.timeout(patienceMs))),
    }),
  },
  {
    name: 'producer-gives-up-at-start',
    defect: 'fails what is sent while the service is away at the first refusal',
    noticedBy: ['J6: no send fails'],
    distort: () => ({
      adapter: (adapter) =>
        withSink(adapter, (sink) => ({
          async open(signal) {
            try {
              await sink.open(signal);
            } catch (thrown) {
              const { code, message, where } = StreamError.from(thrown, 'producer');
              throw new StreamError(code, message, { where, retryable: false });
            }
          },
        })),
    }),
  },
];
