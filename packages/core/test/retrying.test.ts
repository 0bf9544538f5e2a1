import { expect, it } from 'vitest';
import { StreamError } from '../src/errors/stream-error.ts';
import { Warnings } from '../src/observe/warnings.ts';
import { retrying } from '../src/retry/retrying.ts';
import { pause } from '../src/time/wait.ts';
import { ManualClock, settled } from './support/manual-clock.ts';
import { watch } from './support/open-engine.ts';

const throttled = new StreamError('throttled', 'too many calls', { where: 'scripted' });
const forbidden = new StreamError('unauthorized', 'no', { where: 'scripted' });

it('a pause is true once its time has passed, and false as soon as it is aborted', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const whole = pause(100, stop.signal, clock);
  await clock.advance(100);
  expect(await whole).toBe(true);
  const cut = pause(100, stop.signal, clock);
  stop.abort();
  expect(await cut).toBe(false);
  expect(await pause(100, stop.signal, clock)).toBe(false);
});

it('work is tried again for as long as its errors pass, after the waits that it asks for', async () => {
  const clock = new ManualClock();
  const errors = [throttled, throttled, forbidden];
  let calls = 0;
  const work = (): Promise<never> => Promise.reject(errors[calls++] ?? throttled);
  const waits: number[] = [];
  const running = retrying(work, {
    what: 'a look-up',
    where: 'scripted',
    warnings: new Warnings('scripted', clock),
    signal: undefined,
    clock,
    passes: ({ code }) => code === 'throttled',
    waitMs: (_, failures) => {
      waits.push(failures);
      return failures * 1_000;
    },
  });
  const state = watch(running);
  await clock.advance(999);
  expect(calls).toBe(1);
  await clock.advance(1);
  expect(calls).toBe(2);
  await clock.advance(2_000);
  await settled();
  expect(state.state).toBe('rejected');
  await expect(running).rejects.toBe(forbidden);
  expect(waits).toEqual([1, 2]);
});
