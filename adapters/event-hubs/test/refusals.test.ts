import { StreamError } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { Refusals } from '../src/client/refusals.ts';

const refused = new StreamError('unauthenticated', 'the claim is gone', { where: 'event-hubs' });
const lost = new StreamError('unavailable', 'the link is gone', { where: 'event-hubs' });

describe('a link that the service ends for want of a claim', () => {
  it('may be claimed again once, and another time after one that stood', () => {
    let now = 0;
    const refusals = new Refusals(() => now);
    const end = (error: StreamError, afterMs: number, address = 'a', isUsed = false): string => {
      const standing = refusals.standingOf(address);
      if (isUsed) standing.used();
      now += afterMs;
      return standing.judge(error).code;
    };

    expect(end(refused, 10)).toBe('unavailable');
    expect(end(refused, 10)).toBe('unauthenticated');
    expect(end(refused, 10, 'b')).toBe('unavailable');
    expect(end(lost, 10, 'b')).toBe('unavailable');
    expect(end(refused, 10, 'b')).toBe('unauthenticated');
    expect(end(refused, 60_000)).toBe('unavailable');
    expect(end(lost, 60_000)).toBe('unavailable');
    expect(end(refused, 60_000)).toBe('unavailable');
    expect(end(refused, 10)).toBe('unauthenticated');
    expect(end(refused, 10, 'a', true)).toBe('unavailable');
  });

  it('says so, and may be tried again', () => {
    const judged = new Refusals().standingOf('a').judge(refused);

    expect(judged).toMatchObject({ retryable: true, outcome: 'unknown', cause: refused });
    expect(judged.message).toBe('event-hubs: the claim is gone. It is claimed again');
  });
});
