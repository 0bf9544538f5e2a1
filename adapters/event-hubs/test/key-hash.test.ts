import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { partitionOf } from '../src/produce/key-hash.ts';

it.each([
  ['alphabet', 3, 0],
  ['alphabet', 11, 4],
  ['TheBestParitionEver', 4, 2],
  ['TheWorstParitionEver', 15, 1],
])('gives %s of %i partitions the one that the service gives it', (key, partitions, expected) => {
  expect(partitionOf(key, partitions)).toBe(expected);
});

it('agrees with Microsoft’s client for keys of every length', () => {
  const load = createRequire(import.meta.url);
  const file = join(dirname(load.resolve('@azure/event-hubs')), 'impl/partitionKeyToIdMapper.js');
  const { mapPartitionKeyToId } = load(file) as { mapPartitionKeyToId: (key: string, partitions: number) => number };

  for (let length = 0; length < 300; length++) {
    const key = Array.from({ length }, (_, index) => String.fromCodePoint(33 + ((index * 7919 + length) % 700))).join(
      '',
    );
    for (const partitions of [1, 2, 3, 8, 31, 32, 1_024])
      expect(partitionOf(key, partitions), `${length} characters`).toBe(mapPartitionKeyToId(key, partitions));
  }
});
