import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregate, deaggregate, isAggregate } from '../src/aggregation.ts';
import { eventsOf } from '../src/consume/to-events.ts';

const payloads = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 30 });
const partitionKeys = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });

describe('an aggregated record', () => {
  it('gives back what was packed, in order', () => {
    fc.assert(
      fc.property(partitionKeys, payloads, (partitionKey, data) => {
        const packed = aggregate(partitionKey, data);
        const unpacked = [...(deaggregate(packed) ?? [])];
        expect(unpacked.map((record) => Buffer.from(record.data).toString('hex'))).toEqual(
          data.map((one) => Buffer.from(one).toString('hex')),
        );
        expect(new Set(unpacked.map((record) => record.partitionKey))).toEqual(new Set([partitionKey]));
      }),
    );
  });

  it('is no larger than core allows for its events: each with its key, and 64 bytes around it', () => {
    const several = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(partitionKeys, several, (partitionKey, data) => {
        const keyBytes = Buffer.byteLength(partitionKey);
        const allowed = data.reduce((sum, one) => sum + keyBytes + one.byteLength + 64, 0);
        expect(aggregate(partitionKey, data).length + keyBytes).toBeLessThanOrEqual(allowed);
      }),
    );
  });

  it('is read as the Kinesis Producer Library wrote it: tables of keys, explicit hash keys, tags', () => {
    // AggregatedRecord of the library's aggregation format, by hand.
    const message = Buffer.concat([
      Buffer.from([0x0a, 1, 0x61, 0x0a, 1, 0x62]), // partition keys "a", "b"
      Buffer.from([0x12, 2, 0x31, 0x37]), // explicit hash key "17"
      Buffer.from([0x1a, 6, 0x08, 1, 0x1a, 2, 0x68, 0x69]), // key 1, data "hi"
      Buffer.from([0x1a, 13, 0x08, 0, 0x10, 0, 0x1a, 1, 0x78, 0x22, 4, 0x0a, 2, 0x74, 0x67]), // key 0, hash 0, "x", a tag
    ]);
    const unpacked = [...(deaggregate(enveloped(message)) ?? [])];
    expect(unpacked.map(({ partitionKey, data }) => [partitionKey, text(data)])).toEqual([
      ['b', 'hi'],
      ['a', 'x'],
    ]);
  });

  it('is nothing else: other bytes, a wrong checksum, a cut end, a key that is not there', () => {
    const packed = aggregate('k', [Buffer.from('payload')]);
    const flipped = Buffer.from(packed);
    flipped[6] = (flipped[6] ?? 0) ^ 1;
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('{"a":1}'),
      packed.subarray(0, 10),
      packed.subarray(0, -1),
      flipped,
    ]) {
      expect(isAggregate(bytes)).toBe(false);
      expect(deaggregate(bytes)).toBeUndefined();
    }
    const withoutKey = enveloped(Buffer.from([0x1a, 6, 0x08, 9, 0x1a, 2, 0x68, 0x69]));
    const cutField = enveloped(Buffer.from([0x1a, 60, 0x08]));
    expect(deaggregate(withoutKey)).toBeUndefined();
    expect(deaggregate(cutField)).toBeUndefined();
  });

  it('that holds no record, or huge numbers, is what it is: an event of its own, and not none', () => {
    const onlyKeys = enveloped(Buffer.from([0x0a, 1, 0x61]));
    const negativeLength = enveloped(Buffer.from('0a016b1affffffffffffffffff01', 'hex'));
    const hugeIndex = enveloped(Buffer.from('0a016b1a0b08ffffffffffffffffff01', 'hex'));
    const group = enveloped(Buffer.from('0a016b1b1c', 'hex'));
    for (const bytes of [enveloped(Buffer.alloc(0)), onlyKeys, negativeLength, hugeIndex, group]) {
      expect(deaggregate(bytes)).toBeUndefined();
      const record = { SequenceNumber: '7', PartitionKey: 'k', Data: bytes, ApproximateArrivalTimestamp: new Date(5) };
      expect([...eventsOf('a', record, 0)]).toMatchObject([{ position: '7', value: bytes, timestamp: 5 }]);
    }
  });

  it('of a megabyte of empty events is made into events one by one, as they are asked for', () => {
    const empty = 524_268;
    const message = Buffer.concat([Buffer.from([0x0a, 0]), Buffer.alloc(2 * empty, Buffer.from([0x1a, 0]))]);
    let made = 0;
    const record = {
      SequenceNumber: '7',
      Data: enveloped(message),
      // Read for each event that is made of the record.
      get EncryptionType() {
        made++;
        return 'NONE' as const;
      },
    };
    const events = eventsOf('a', record, 0);
    const first = Array.from({ length: 100 }, () => events.next().value?.position);
    expect(first.slice(0, 2)).toEqual(['7:0', '7:1']);
    expect(made).toBe(100);
    expect([...(deaggregate(record.Data) ?? [])]).toHaveLength(empty);
  });

  it('never throws, whatever stands between magic and checksum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        deaggregate(enveloped(Buffer.from(bytes)));
      }),
      { numRuns: 1_000 },
    );
  });
});

function enveloped(message: Buffer): Buffer {
  const checksum = createHash('md5').update(message).digest();
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, checksum]);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
