import type { Backoff, Streams } from '@isostream/core';
import { systemClock } from '@isostream/core/adapter';
import { withConsumers } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';

/** Providers that wait for other times between attempts than the policy says. */
export const backoffMutants: readonly Mutant[] = [
  {
    name: 'backoff-twice',
    defect: 'advances the backoff twice a failure',
    noticedBy: ['retry/waits-follow-the-policy: waits as the policy says'],
    distort: () => ({
      clock: { ...systemClock, timer: (ms, fire) => systemClock.timer(ms <= 300 ? (ms * ms) / 100 : ms, fire) },
    }),
  },
  {
    name: 'backoff-early',
    defect: 'tries again before the backoff is over',
    noticedBy: ['retry/waits-follow-the-policy: waits as the policy says'],
    distort: () => ({
      clock: { ...systemClock, timer: (ms, fire) => systemClock.timer(ms < 2_000 ? ms * 0.8 : ms, fire) },
    }),
  },
  {
    name: 'backoff-without-cap',
    defect: 'doubles the backoff beyond its longest',
    noticedBy: ['retry/waits-follow-the-policy: waits as the policy says'],
    distort: () => withBackoff({ max: '1h' }),
  },
  {
    name: 'jitter-is-zero',
    defect: 'tries again after the longest wait where any up to that was asked',
    noticedBy: ['retry/waits-follow-the-policy: jitter spreads the waits'],
    distort: () => withBackoff({ jitter: 'none' }),
  },
];

function withBackoff(change: Backoff) {
  return {
    streams: (streams: Streams) =>
      withConsumers(streams, {
        options: (options) => ({
          ...options,
          retry: { ...options.retry, backoff: { ...options.retry?.backoff, ...change } },
        }),
      }),
  };
}
