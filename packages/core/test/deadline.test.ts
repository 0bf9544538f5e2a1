import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { StreamError } from '../src/errors/stream-error.ts';
import { settledWithin, withDeadline } from '../src/time/deadline.ts';
import { untilAborted } from '../src/time/wait.ts';
import { ManualClock } from './support/manual-clock.ts';

const never = new Promise<never>(() => undefined);
const late = (): StreamError => new StreamError('timeout', 'too late', { where: 'test' });

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

describe('a deadline', () => {
  it('ends the wait with its error', async () => {
    await expect(withDeadline({ ms: 5, late }, (signal) => untilAborted(never, signal))).rejects.toThrow('too late');
  });

  it('survives the garbage collector, with nobody else referring to it', async () => {
    const ended = withDeadline({ ms: 50, late, signals: [new AbortController().signal] }, (signal) =>
      untilAborted(never, signal),
    ).catch((error: unknown) => error);
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      collectGarbage();
    }
    expect(await ended).toMatchObject({ code: 'timeout' });
  });

  it('ends with the first of its signals, and passes its reason on', async () => {
    const caller = new AbortController();
    const waiting = withDeadline({ ms: 60_000, late, signals: [undefined, caller.signal] }, (signal) =>
      untilAborted(never, signal),
    );
    caller.abort(new StreamError('closed', 'left', { where: 'test' }));
    await expect(waiting).rejects.toThrow('left');
  });

  it('goes when the work settles', async () => {
    const clock = new ManualClock();
    expect(await withDeadline({ ms: 10, late, clock }, async () => 'done')).toBe('done');
    expect(clock.pending).toBe(0);
  });
});

describe('settledWithin', () => {
  it('says whether the work settled in time, also where it rejects', async () => {
    expect(await settledWithin(Promise.resolve(1), 1_000)).toBe(true);
    expect(await settledWithin(Promise.reject(new Error('refused')), 1_000)).toBe(true);
    expect(await settledWithin(never, 5)).toBe(false);
  });

  it('ends with the signal', async () => {
    expect(await settledWithin(never, 60_000, AbortSignal.abort())).toBe(false);
  });
});
