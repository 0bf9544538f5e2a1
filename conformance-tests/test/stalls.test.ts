import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { now } from '../src/history/history.ts';
import { Stalls } from '../src/run/stalls.ts';

describe('stalls', () => {
  const open: Stalls[] = [];
  const watch = (): Stalls => {
    const stalls = new Stalls();
    open.push(stalls);
    return stalls;
  };
  afterEach(() => {
    for (const stalls of open.splice(0)) stalls.stop();
  });

  /** The process does nothing else for so long. */
  function block(ms: number): { readonly from: number; readonly to: number } {
    const from = now();
    while (now() - from < ms);
    return { from, to: now() };
  }

  it('are what a blocked process could not do, also if asked before any timer fired again', async () => {
    const stalls = watch();
    const { from, to } = block(200);
    for (const _ of ['at once', 'later']) {
      expect(stalls.between(from, to)).toBeGreaterThan(170);
      expect(stalls.between(from, to)).toBeLessThanOrEqual(to - from);
      await sleep(30);
    }
    expect(stalls.longestMs).toBeGreaterThan(170);
  });

  it('count as far as they lie in the stretch that was asked about', async () => {
    const stalls = watch();
    const { from, to } = block(200);
    await sleep(30);
    expect(stalls.between(from, from + 100)).toBeLessThanOrEqual(100);
    expect(stalls.between(from - 500, from - 100)).toBe(0);
    expect(stalls.between(to - 50, to)).toBeCloseTo(50, 0);
  });

  it('are few while the process only waits', async () => {
    const stalls = watch();
    const from = now();
    await sleep(100);
    // However busy the machine is: for as long as this took longer than it should, the rest was no stall.
    const to = now();
    expect(stalls.between(from, to)).toBeLessThanOrEqual(to - from);
    expect(to - from - stalls.between(from, to)).toBeGreaterThan(20);
  });

  it('grow no more once nobody watches', () => {
    const stalls = watch();
    stalls.stop();
    const { from, to } = block(50);
    expect(stalls.between(from, to)).toBe(0);
  });
});
