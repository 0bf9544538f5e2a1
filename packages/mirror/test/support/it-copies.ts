import type { Harness } from '@isostream/conformance';
import { expect, it, onTestFinished } from 'vitest';
import { copyScenario } from './copy-scenario.ts';

/** A bound for hangs, not a measure: two emulators and a mirror share a machine that may be busy. */
const hangMs = 300_000;

/** The scenario between two providers that are not the same; `close` is given those that are started for it alone. */
export function itCopies(
  names: string,
  open: (close: (harness: Harness) => Harness) => Promise<readonly [Harness, Harness]>,
): void {
  it(
    `copies from ${names}: nothing is lost, each key is in order, repeats were not committed`,
    async () => {
      const own: Harness[] = [];
      onTestFinished(async () => {
        for (const harness of own) await harness.close();
      });
      const sides = await open((harness) => {
        own.push(harness);
        return harness;
      });
      const { findings, sent, copies, repeats } = await copyScenario(sides);
      expect(findings).toEqual({});
      expect(copies - repeats).toBe(sent);
    },
    hangMs,
  );
}
