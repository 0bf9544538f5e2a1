import { expect, test } from 'vitest';
import { everyStoredSettled, storedInOrder, storedOnce } from '../src/checks/stored.ts';
import { type Story, story } from '../src/history/story.ts';

const settled = (): Story => story().sent('a#0', 'a#1', 'b#0').handled('a#0', 'a#1', 'b#0');

test('what is stored without anybody knowing has to be settled as well', () => {
  const told = settled().send('a#2').failed('a#2', 'unknown');
  expect(everyStoredSettled(told.stored('a#0', 'a#1', 'b#0').entries)).toEqual([]);
  expect(everyStoredSettled(told.stored('a#2').entries)).toEqual(['1 stored, but not settled: a#2']);
  expect(everyStoredSettled(told.dead('a#2').entries)).toEqual([]);
});

test('what one group settled is open for another', () => {
  const two = settled().stored('a#0').deliver('a#1', { group: 'h' });
  expect(everyStoredSettled(two.entries)).toEqual(['1 stored, but not settled: a#0']);
});

test('the log has the order of each key', () => {
  expect(storedInOrder(settled().stored('b#0', 'a#0', 'a#1').entries)).toEqual([]);
  expect(storedInOrder(settled().stored('a#1', 'b#0', 'a#0').entries)).toHaveLength(1);
});

test('a batch may lie there twice, whole, but nothing that was sent later before its first copy', () => {
  const copies = settled().stored('a#0', 'a#1', 'a#0', 'a#1');
  expect(storedInOrder(copies.entries)).toEqual([]);
  expect(storedOnce(false)(copies.stored('b#0').entries)).toEqual([]);
  expect(storedOnce(true)(copies.entries)).toEqual(['2 stored more than once: a#0 (2x), a#1 (2x)']);
});

test('an event whose send failed has no place', () => {
  const late = story().sent('a#0', 'a#2').send('a#1').failed('a#1', 'unknown').stored('a#0', 'a#2', 'a#1');
  expect(storedInOrder(late.entries)).toEqual([]);
});

test('what was acknowledged is stored', () => {
  expect(storedOnce(false)(settled().stored('a#0', 'b#0').entries)).toEqual(['1 acknowledged, but not stored: a#1']);
});
