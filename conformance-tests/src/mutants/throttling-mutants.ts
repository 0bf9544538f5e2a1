import { type BatchResult, StreamError } from '@isostream/core/adapter';
import { withSink } from './distort-assignments.ts';
import { onAdapter } from './distortion.ts';
import type { Mutant } from './mutant.ts';

/** Longer than a service takes that does not hold anybody back. */
const patienceMs = 200;

/** Providers that are wrong while their service is asked too much. */
export const throttlingMutants: readonly Mutant[] = [
  {
    name: 'gives-up-when-throttled',
    defect: 'fails what the service refuses, or holds back, because it is too much for it',
    noticedBy: ['send/the-service-throttles: no send failed'],
    distort: onAdapter(withSink, (sink) => ({
      async write(route, batches, signal) {
        let timer: NodeJS.Timeout | undefined;
        const givenUp = new AbortController();
        const late = new Promise<readonly BatchResult[]>((resolve) => {
          timer = setTimeout(() => {
            resolve(batches.map(() => heldBack));
            // What goes on behind its back would be more than the service of anybody else can take.
            givenUp.abort();
          }, patienceMs);
        });
        const write = sink.write(route, batches, AbortSignal.any([signal, givenUp.signal]));
        const results = await Promise.race([write, late]);
        clearTimeout(timer);
        return results.map((result) =>
          StreamError.is(result) && result.code === 'throttled' ? final(result) : result,
        );
      },
    })),
  },
];

const heldBack = new StreamError('timeout', 'the service did not answer at once', {
  where: 'mutant',
  outcome: 'unknown',
  retryable: false,
});

function final(error: StreamError): StreamError {
  const { code, message, outcome = 'unknown' } = error;
  return new StreamError(code, message, { where: 'mutant', outcome, retryable: false, cause: error });
}
