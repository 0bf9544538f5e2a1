import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Observations } from '../src/observe/channels.ts';
import { Warnings } from '../src/observe/warnings.ts';
import { ManualClock } from './support/manual-clock.ts';

let told: Observations['adapter:warning'][];
const listen = (message: unknown): void => void told.push(message as Observations['adapter:warning']);

beforeEach(() => {
  told = [];
  subscribe('isostream:adapter:warning', listen);
});
afterEach(() => unsubscribe('isostream:adapter:warning', listen));

it('trouble that goes on is told at once, then less and less often, with how often it was seen', async () => {
  const clock = new ManualClock();
  const warnings = new Warnings('kafka', clock);
  for (let tenths = 0; tenths < 1_130; tenths++) {
    warnings.tell('no broker', new Error('refused'));
    await clock.advance(100);
  }
  // 113 s, nine times a second: after 1, 3, 7, 15, 31, 61 and 91 s.
  expect(told.map(({ count }) => count)).toEqual([1, 10, 20, 40, 80, 160, 300, 300]);
  expect(told[0]).toMatchObject({ adapter: 'kafka', message: 'no broker', error: new Error('refused') });
  expect(told[1]?.message).toBe('no broker (10 times since it was last told, first at 2023-11-14T22:13:20.000Z)');
  expect(told.every(({ since }) => since.getTime() === 1_700_000_000_000)).toBe(true);
});

it('other trouble is told at once, and what was not seen for a minute is new', async () => {
  const clock = new ManualClock();
  const warnings = new Warnings('kafka', clock);
  warnings.tell('no broker');
  warnings.tell('no broker');
  warnings.tell('no leader');
  await clock.advance(60_001);
  warnings.tell('no broker');
  expect(told.map(({ message, count }) => [message, count])).toEqual([
    ['no broker', 1],
    ['no leader', 1],
    ['no broker', 1],
  ]);
});
