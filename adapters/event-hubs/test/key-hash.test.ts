import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
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

it('agrees with Microsoft’s client for keys of every length', async () => {
  const client = dirname(createRequire(import.meta.url).resolve('@azure/event-hubs'));
  const file = pathToFileURL(join(client, '../esm/impl/partitionKeyToIdMapper.js'));
  const { mapPartitionKeyToId } = (await import(file.href)) as {
    mapPartitionKeyToId: (key: string, partitions: number) => number;
  };

  for (let length = 0; length < 300; length++) {
    const key = Array.from({ length }, (_, index) => String.fromCodePoint(33 + ((index * 7919 + length) % 700))).join(
      '',
    );
    for (const partitions of [1, 2, 3, 8, 31, 32, 1_024])
      expect(partitionOf(key, partitions), `${length} characters`).toBe(mapPartitionKeyToId(key, partitions));
  }
});
