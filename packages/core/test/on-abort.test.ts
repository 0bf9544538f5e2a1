import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../src/time/clock.ts';
import { onAbort } from '../src/time/on-abort.ts';
import { sleep, untilAborted } from '../src/time/wait.ts';

describe('waiting for one signal many times', () => {
  it('tells everybody who still waits, once, and has one listener', () => {
    const controller = new AbortController();
    const told: string[] = [];
    const cancels = ['a', 'b', 'c'].map((name) => onAbort(controller.signal, () => void told.push(name)));
    cancels[1]?.();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    controller.abort();
    expect(told).toEqual(['a', 'c']);
  });

  it('keeps two waits of the same function apart', () => {
    const controller = new AbortController();
    let count = 0;
    const run = (): void => void count++;
    const cancel = onAbort(controller.signal, run);
    onAbort(controller.signal, run);
    cancel();
    controller.abort();
    expect(count).toBe(1);
  });

  it('holds for sleeps and for work', async () => {
    const controller = new AbortController();
    const reason = { code: 'aborted' };
    const waits = [
      ...Array.from({ length: 20 }, () => sleep(systemClock, 60_000, controller.signal)),
      untilAborted(new Promise(() => undefined), controller.signal),
    ];
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
    controller.abort();
    for (const wait of waits) await expect(wait).rejects.toMatchObject(reason);
  });
});
