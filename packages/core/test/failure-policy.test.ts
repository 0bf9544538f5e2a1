import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeFailure } from '../src/consume/failure-policy.ts';
import { NonRetryableError, StreamError } from '../src/errors/stream-error.ts';
import { DecodeFailure } from '../src/retry/policy.ts';

const error = new StreamError('undecodable', 'no CloudEvent', { where: 'consumer' });
const end = fc.constantFrom('dead-letter' as const, 'skip' as const, 'stop' as const);
const options = fc.record({
  retry: fc.record({
    attempts: fc.integer({ min: 1, max: 10 }),
    backoff: fc.record({
      initial: fc.integer({ min: 0, max: 500 }),
      max: fc.integer({ min: 500, max: 5_000 }),
      jitter: fc.constantFrom('full' as const, 'none' as const),
    }),
  }),
  onFailure: end,
  onUnknownType: end,
});
const attempt = fc.integer({ min: 1, max: 12 });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('what follows from a failed attempt', () => {
  it('is another one, within the backoff, as long as there are any left', () => {
    fc.assert(
      fc.property(options, attempt, chance, fc.anything(), (given, number, random, thrown) => {
        const verdict = judgeFailure(given, number, thrown, () => random);
        const isLast = number >= given.retry.attempts;
        const isWithin = typeof verdict === 'number' && verdict >= 0 && verdict <= given.retry.backoff.max;
        expect(isLast ? verdict === given.onFailure : isWithin).toBe(true);
      }),
    );
  });

  it('is the end at once for what cannot succeed, by the option that is about it', () => {
    fc.assert(
      fc.property(options, attempt, (given, number) => {
        const never = (): number => {
          throw new Error('nothing is drawn where there is no wait');
        };
        expect(judgeFailure(given, number, new NonRetryableError('no such order'), never)).toBe(given.onFailure);
        expect(judgeFailure(given, number, new DecodeFailure(error), never)).toBe(given.onFailure);
        expect(judgeFailure(given, number, new DecodeFailure(error, true), never)).toBe(given.onUnknownType);
      }),
    );
  });
});
