import { describe, expect, it } from 'vitest';
import { bounded } from '../src/time/bounded.ts';
import { ManualClock } from './support/manual-clock.ts';

describe('a function of the application that is waited for', () => {
  it('has a time to answer, and the error names it', async () => {
    const clock = new ManualClock();
    const asked = bounded('sasl.token', () => new Promise<string>(() => undefined), 500, clock);
    const failed: Promise<unknown> = asked.catch((error: unknown) => error);
    await clock.advance(499);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await failed).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/sasl\.token.*500 ms/),
    });
  });

  it('may answer at once or later, or fail; no timer stays', async () => {
    const clock = new ManualClock();
    expect(await bounded('x', () => 1, 500, clock)).toBe(1);
    expect(await bounded('x', async () => 2, 500, clock)).toBe(2);
    const error = new Error('no');
    const fails = () => {
      throw error;
    };
    await expect(bounded('x', fails, 500, clock)).rejects.toBe(error);
    await expect(bounded('x', () => Promise.reject(error), 500, clock)).rejects.toBe(error);
    expect(clock.pending).toBe(0);
  });
});
