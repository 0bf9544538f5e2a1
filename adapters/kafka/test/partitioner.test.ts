import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from '../src/produce/partitioner.ts';

const theirs = kafkajs.Partitioners.DefaultPartitioner();

function partitionOfKafkajs(key: string | Uint8Array, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    partitionErrorCode: 0,
    leader: 1,
    replicas: [1],
    isr: [1],
  }));
  return theirs({
    topic: 't',
    partitionMetadata,
    message: { key: typeof key === 'string' ? key : Buffer.from(key), value: null },
  });
}

describe('the partition of a key', () => {
  // Source: org.apache.kafka.common.utils.UtilsTest, testMurmur2.
  it.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('hashes %j as Java does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it.each(['', 'order-1', 'Grüße', '東京', 'заказ-7', '🚕🚕', 'e\u0301', 'x'.repeat(256)])(
    'puts %j where kafkajs’s Java-compatible partitioner puts it',
    (key) => {
      for (const partitions of [1, 2, 3, 8, 12, 97])
        expect(partitionOf(key, partitions)).toBe(partitionOfKafkajs(key, partitions));
    },
  );

  it('agrees with it for any text, any bytes and any number of partitions', () => {
    const keys = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
    );
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 500 }), (key, partitions) => {
        expect(partitionOf(key, partitions)).toBe(partitionOfKafkajs(key, partitions));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the same for a text and for its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (key) => {
        expect(partitionOf(Buffer.from(key), 64)).toBe(partitionOf(key, 64));
      }),
    );
  });
});
