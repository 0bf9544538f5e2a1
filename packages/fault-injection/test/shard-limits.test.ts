import { expect, test } from 'vitest';
import { ShardUse } from '../src/shard-limits.ts';

/** Base64 of so many bytes. */
const record = (key: string, bytes = 3) => ({ PartitionKey: key, Data: Buffer.alloc(bytes).toString('base64') });

test('a shard takes so many records in a second, of all its keys together, and others are not touched', () => {
  let now = 0;
  const use = new ShardUse({ recordsPerSecond: 2 }, () => now);
  for (const key of ['a', 'b']) use.storedRecord('rides', record(key), 'shard-0');
  use.storedRecord('rides', record('c'), 'shard-1');

  expect(['a', 'b', 'a', 'c'].map((key) => use.takesRecord('rides', record(key)))).toEqual([true, true, false, true]);
  now = 1_001;
  expect(use.takesRecord('rides', record('a'))).toBe(true);
});

test('a shard takes a megabyte in a second, and one record however large it is', () => {
  const use = new ShardUse({}, () => 0);
  use.storedRecord('rides', record('a'), 'shard-0');

  expect(use.takesRecord('rides', record('a', 2_000_000))).toBe(true);
  expect(use.takesRecord('rides', record('a'))).toBe(false);
});

test('a record whose shard is not known yet passes', () => {
  const use = new ShardUse({ recordsPerSecond: 1 }, () => 0);
  expect([1, 2, 3].map(() => use.takesRecord('rides', record('a')))).toEqual([true, true, true]);
});

test('a shard answers five reads in a second, whichever iterators they use', () => {
  let now = 0;
  const use = new ShardUse({}, () => now);
  use.madeIterator('i1', 'rides', 'shard-0');
  use.madeIterator('i2', 'rides', 'shard-0');
  use.madeIterator('other', 'rides', 'shard-1');
  use.nextIterator('i1', 'i3');

  expect(['i2', 'i3', 'i2', 'i3', 'i2', 'i3', 'other'].map((iterator) => use.answersRead(iterator))).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    true,
  ]);
  now = 1_001;
  expect(use.answersRead('i3')).toBe(true);
});

test('iterators from before there were limits count by themselves', () => {
  const use = new ShardUse({ readsPerSecond: 1 }, () => 0);
  expect(use.answersRead('old')).toBe(true);
  use.nextIterator('old', 'next');
  expect([use.answersRead('next'), use.answersRead('another')]).toEqual([false, true]);
});
