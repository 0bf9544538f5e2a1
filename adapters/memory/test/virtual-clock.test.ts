import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../src/index.ts';

describe('the virtual clock', () => {
  it('stands still until it is moved', async () => {
    const clock = createVirtualClock(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
  });

  it('fires what falls due, at its time, in order', async () => {
    const clock = createVirtualClock();
    const fired: string[] = [];
    for (const [name, ms] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
      ['a again', 10],
    ] as const)
      clock.timer(ms, () => fired.push(`${name} at ${clock.monotonic()}`));

    await clock.advance(20);
    expect(fired).toEqual(['a at 10', 'a again at 10', 'b at 20']);
    expect(clock.pending).toBe(1);
    await clock.advance(10);
    expect(fired.at(-1)).toBe('c at 30');
    expect(clock.pending).toBe(0);
  });

  it('fires timers that a timer sets, if they are due as well', async () => {
    const clock = createVirtualClock();
    const ticks: number[] = [];
    const tick = (): void => {
      ticks.push(clock.monotonic());
      clock.timer(10, tick);
    };
    clock.timer(10, tick);
    await clock.advance(35);
    expect(ticks).toEqual([10, 20, 30]);
  });

  it('lets the work of one timer settle before the next one fires', async () => {
    const clock = createVirtualClock();
    const order: string[] = [];
    const work = async (): Promise<void> => {
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      order.push('work of the first');
    };
    clock.timer(1, () => void work());
    clock.timer(2, () => order.push('second'));
    await clock.advance(2);
    expect(order).toEqual(['work of the first', 'second']);
  });

  it('forgets a timer that was cancelled', async () => {
    const clock = createVirtualClock();
    const cancel = clock.timer(5, () => expect.unreachable('it was cancelled'));
    cancel();
    cancel();
    await clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  it('moves until the work has settled, and no further', async () => {
    const clock = createVirtualClock();
    const wait = (ms: number): Promise<number> => new Promise((resolve) => clock.timer(ms, () => resolve(ms)));
    clock.timer(50, () => undefined);
    expect(await clock.advanceUntil(wait(20).then((ms) => wait(ms + 10)))).toBe(30);
    expect([clock.monotonic(), clock.pending]).toEqual([50, 0]);
    expect(await clock.advanceUntil(Promise.resolve('at once'))).toBe('at once');
    expect(clock.monotonic()).toBe(50);
  });

  it('gives work that fails its own error', async () => {
    const clock = createVirtualClock();
    const failing = (): Promise<never> =>
      new Promise((_, reject) => clock.timer(5, () => reject(new Error('the ledger is down'))));
    await expect(clock.advanceUntil(failing)).rejects.toThrow('the ledger is down');
  });

  it('waits for what other work of the process does in turns of its own', async () => {
    const clock = createVirtualClock();
    const file = readFile(new URL(import.meta.url), 'utf8');
    const periodic = (): void => void clock.timer(60_000, periodic);
    const slow = file.then((text) => new Promise<number>((resolve) => clock.timer(10, () => resolve(text.length))));
    expect(await clock.advanceUntil(slow)).toBeGreaterThan(0);
    expect(clock.monotonic()).toBe(10);
    periodic();
  });

  it('ends where the work would take too long, also beside timers that never end', async () => {
    const clock = createVirtualClock();
    const periodic = (): void => void clock.timer(1_000, periodic);
    periodic();
    const never = new Promise<never>(() => undefined);
    await expect(clock.advanceUntil(never, { within: '10s' })).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('within 10s'),
    });
    expect(clock.monotonic()).toBe(10_000);
  });

  it('ends where nothing is left that could fire', async () => {
    const clock = createVirtualClock();
    await expect(clock.advanceUntil(new Promise<never>(() => undefined))).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('no timer'),
    });
  });
});
