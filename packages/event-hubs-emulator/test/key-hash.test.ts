import { expect, it } from 'vitest';
import { partitionOfKey } from '../src/store/key-hash.ts';

it('gives keys the partitions that the service gives them', () => {
  expect(partitionOfKey('alphabet', 3)).toBe(0);
  expect(partitionOfKey('alphabet', 11)).toBe(4);
  expect(partitionOfKey('TheBestParitionEver', 4)).toBe(2);
  expect(partitionOfKey('TheWorstParitionEver', 15)).toBe(1);
});
