import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPartitionKey, toPartitionKey } from '../src/partition-key.ts';

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }).filter((text) => text.isWellFormed()),
  fc.string({ maxLength: 60 }).map((text) => `isostream:${text}`),
  fc.constantFrom(
    '',
    'isostream:',
    'isostream:empty',
    'isostream:none:',
    'isostream:none:x',
    'isostream:text:',
    'null',
  ),
);

describe('a partition key', () => {
  it('gives back the key, is the same each time, and is what Kinesis takes', () => {
    fc.assert(
      fc.property(texts, (key) => {
        const partitionKey = toPartitionKey(key) ?? '';
        expect(fromPartitionKey(partitionKey)).toBe(key);
        expect(toPartitionKey(key)).toBe(partitionKey);
        expect(Array.from(partitionKey).length).toBeGreaterThanOrEqual(1);
        expect(Array.from(partitionKey).length).toBeLessThanOrEqual(256);
      }),
    );
  });

  it('is the key itself, so that other readers and the service see it, unless that cannot be', () => {
    expect(toPartitionKey('order-1')).toBe('order-1');
    expect(toPartitionKey('k'.repeat(256))).toBe('k'.repeat(256));
    expect(toPartitionKey('😀'.repeat(256))).toBe('😀'.repeat(256));
    expect(toPartitionKey(Buffer.from('ключ'))).toBe('ключ');
  });

  it('of no key is another one each time, and reads as no key', () => {
    const partitionKeys = Array.from({ length: 100 }, () => toPartitionKey(null));
    expect(new Set(partitionKeys).size).toBe(100);
    for (const partitionKey of partitionKeys) expect(fromPartitionKey(partitionKey ?? '')).toBeNull();
  });

  it('gives back bytes that are no text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 170 }).filter((bytes) => !isUtf8(bytes)),
        (bytes) => {
          expect(Buffer.from(fromPartitionKey(toPartitionKey(bytes) ?? '') ?? '')).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  it('is refused where no spelling is short enough', () => {
    expect(toPartitionKey('k'.repeat(257))).toBeUndefined();
    expect(toPartitionKey(`isostream:${'k'.repeat(246)}`)).toBeUndefined();
    expect(toPartitionKey(Buffer.alloc(256, 0xff))).toBeUndefined();
  });

  it('of anybody else has a meaning, and no two of them the same text', () => {
    for (const foreign of ['isostream:unheard-of:x', 'isostream:', 'anything'])
      expect(fromPartitionKey(foreign)).toBe(foreign);
  });
});
