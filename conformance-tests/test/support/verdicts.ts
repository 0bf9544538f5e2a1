import { expect, it } from 'vitest';
import type { Check } from '../../src/checks/check.ts';
import type { Story } from '../../src/history/story.ts';

/** The check finds fault with this history; `naming` must stand in what it says. */
export function rejects(what: string, check: Check, told: () => Story, naming: string): void {
  it(`rejects ${what}`, () => {
    expect(check(told().entries).join('\n')).toContain(naming);
  });
}

/** The check finds nothing wrong. */
export function accepts(what: string, check: Check, told: () => Story): void {
  it(`accepts ${what}`, () => {
    expect(check(told().entries)).toEqual([]);
  });
}
