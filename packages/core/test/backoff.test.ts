import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NonRetryableError, StreamError } from '../src/errors/stream-error.ts';
import { backoffDelay, resolveBackoff, type BackoffMs } from '../src/retry/backoff.ts';
import { afterFailure, DecodeFailure, failureError } from '../src/retry/policy.ts';

const backoffs = fc.record({
  initial: fc.integer({ min: 0, max: 60_000 }),
  max: fc.integer({ min: 0, max: 3_600_000 }),
});
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoff', () => {
  it('doubles from the first wait to the last', () => {
    const backoff: BackoffMs = { initial: 100, max: 1_000, jitter: 'none' };
    expect([1, 2, 3, 4, 5, 6].map((failures) => backoffDelay(backoff, failures, never))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
  });

  it('never waits more than max or less than nothing, however often it failed', () => {
    fc.assert(
      fc.property(backoffs, fc.integer({ min: 1, max: 2 ** 31 }), chances, (bounds, failures, chance) => {
        const exact = backoffDelay({ ...bounds, jitter: 'none' }, failures, never);
        const drawn = backoffDelay({ ...bounds, jitter: 'full' }, failures, () => chance);
        expect(exact).toBeLessThanOrEqual(bounds.max);
        expect(exact).toBeGreaterThanOrEqual(Math.min(bounds.initial, bounds.max));
        expect(drawn).toBeGreaterThanOrEqual(0);
        expect(drawn).toBeLessThanOrEqual(exact);
      }),
    );
  });

  it('waits at least as long after the next failure as after this one', () => {
    fc.assert(
      fc.property(backoffs, fc.integer({ min: 1, max: 60 }), (bounds, failures) => {
        const backoff: BackoffMs = { ...bounds, jitter: 'none' };
        expect(backoffDelay(backoff, failures + 1, never)).toBeGreaterThanOrEqual(
          backoffDelay(backoff, failures, never),
        );
      }),
    );
  });

  it('draws from the whole range with full jitter', () => {
    const backoff: BackoffMs = { initial: 100, max: 1_000, jitter: 'full' };
    expect([0, 0.25, 0.999].map((chance) => backoffDelay(backoff, 3, () => chance))).toEqual([0, 100, 399.6]);
  });

  it('fills in what is not given, and reads durations', () => {
    const defaults: BackoffMs = { initial: 200, max: 30_000, jitter: 'full' };
    expect(resolveBackoff(undefined, defaults, 'retry.backoff')).toEqual(defaults);
    expect(resolveBackoff({ max: '5s', jitter: 'none' }, defaults, 'retry.backoff')).toEqual({
      initial: 200,
      max: 5_000,
      jitter: 'none',
    });
    expect(() => resolveBackoff({ initial: -1 }, defaults, 'retry.backoff')).toThrow('retry.backoff.initial is -1');
  });
});

describe('retry policy', () => {
  const policy = { attempts: 5, backoff: { initial: 100, max: 1_000, jitter: 'none' } } as const;

  it('waits after each attempt but the last', () => {
    expect([1, 2, 3, 4, 5, 6].map((attempt) => afterFailure(policy, attempt, new Error('down'), never))).toEqual([
      100,
      200,
      400,
      800,
      'final',
      'final',
    ]);
  });

  it('does not try again what cannot succeed', () => {
    const undecodable = new StreamError('undecodable', 'no CloudEvent', { where: 'consumer' });
    expect(afterFailure(policy, 1, new NonRetryableError('no such order'), never)).toBe('final');
    expect(afterFailure(policy, 1, new DecodeFailure(undecodable), never)).toBe('final');
  });

  it('tries again what a handler threw, whatever its own code says of retrying', () => {
    const fromHandler = new StreamError('schema-violation', 'of another topic', { where: 'producer' });
    expect(afterFailure(policy, 1, fromHandler, never)).toBe(100);
  });

  it('names a failure by what was thrown', () => {
    const undecodable = new StreamError('undecodable', 'no CloudEvent', { where: 'consumer' });
    const thrown = new Error('down');
    expect(failureError(new DecodeFailure(undecodable))).toBe(undecodable);
    expect(failureError(undecodable)).toBe(undecodable);
    expect(failureError(thrown)).toMatchObject({ code: 'handler-failed', message: 'consumer: down', cause: thrown });
    expect(failureError('plain text')).toMatchObject({ code: 'handler-failed', message: 'consumer: plain text' });
    expect(failureError(undefined)).toMatchObject({ code: 'handler-failed', message: 'consumer: undefined' });
  });
});

function never(): number {
  throw new Error('no jitter was asked for');
}
