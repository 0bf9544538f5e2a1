import { createRequire } from 'node:module';
import type { Header } from '@isostream/core/adapter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressor } from '../src/client/codecs.ts';
import { crc32c } from '../src/client/crc32c.ts';
import { compressedProduceBody, produceBody } from '../src/client/produce-body.ts';
import type { ProduceRequest, WireRecord } from '../src/client/produce-request.ts';
import { registerKafkajsCodecs } from './support/kafkajs-decoder.ts';

registerKafkajsCodecs();

const load = createRequire(import.meta.url);
const Decoder = load('kafkajs/src/protocol/decoder') as new (body: Buffer) => KafkajsDecoder;
const decodeBatch = load('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: KafkajsDecoder,
) => Promise<DecodedBatch>;
const kafkajsCrc = load('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;

interface KafkajsDecoder {
  readonly offset: number;
  readString(): string | null;
  readInt16(): number;
  readInt32(): number;
  readBytes(): Buffer;
}

interface DecodedBatch {
  readonly records: readonly DecodedRecord[];
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

interface DecodedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[]>>;
}

/** What kafkajs, which wrote none of it, reads from the body. */
async function read(body: Buffer) {
  const decoder = new Decoder(body);
  const head = {
    transaction: decoder.readString(),
    acks: decoder.readInt16(),
    timeoutMs: decoder.readInt32(),
    topics: decoder.readInt32(),
    topic: decoder.readString(),
  };
  const partitions = [];
  for (let count = decoder.readInt32(); count > 0; count--) {
    const partition = decoder.readInt32();
    const batch = decoder.readBytes();
    const crc = batch.readUInt32BE(17);
    const { records, producerId, producerEpoch, firstSequence } = await decodeBatch(new Decoder(batch));
    partitions.push({
      partition,
      isIntact: crc === kafkajsCrc(batch.subarray(21)),
      producerId,
      producerEpoch,
      firstSequence,
      records,
    });
  }
  return { ...head, partitions, rest: body.length - decoder.offset };
}

const part = fc.option(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.uint8Array({ maxLength: 300 })), {
  nil: null,
});
const header = fc.tuple(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.oneof(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.uint8Array({ maxLength: 40 })),
);
const record = fc.record({
  key: part,
  value: fc.option(fc.uint8Array({ maxLength: 20_000 }), { nil: null }),
  headers: fc.uniqueArray(header, { selector: ([name]) => name, maxLength: 8 }),
  timestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
});

function requestOf(records: readonly WireRecord[]): ProduceRequest {
  const identity = { id: '9007199254740993', epoch: 3 };
  return {
    topic: 'ördérs',
    identity,
    compression: 'none',
    timeoutMs: 30_000,
    partitions: [
      { partition: 7, firstSequence: 41, records },
      { partition: 2, firstSequence: 0, records: records.slice(0, 1) },
    ],
  };
}

function bytes(value: string | Uint8Array | null): Buffer | null {
  return value === null ? null : Buffer.from(value);
}

function expectSame(decoded: readonly DecodedRecord[], records: readonly WireRecord[]): void {
  expect(decoded).toHaveLength(records.length);
  for (const [index, { key, value, headers, timestamp }] of records.entries()) {
    const back = decoded[index];
    expect([back?.offset, back?.timestamp, back?.key]).toEqual([String(index), String(timestamp), bytes(key)]);
    // Of megabytes, to compare one by one takes seconds.
    const carried = back?.value;
    const same = carried instanceof Uint8Array ? bytes(value)?.equals(carried) : value === null && carried === null;
    expect([index, same]).toEqual([index, true]);
    const expected = headers.map(([name, text]: Header) => [name, bytes(text)]);
    // kafkajs's own reader mistakes names that every object has.
    expect(Object.keys(back?.headers ?? {}).toSorted()).toEqual(expected.map(([name]) => String(name)).toSorted());
    for (const [name, text] of expected) if (!(String(name) in {})) expect(back?.headers[String(name)]).toEqual(text);
  }
}

describe('the body of a produce request', () => {
  it('is read by kafkajs as it was meant, whatever the events hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 12 }), async (records) => {
        const { partitions, rest, ...head } = await read(produceBody(requestOf(records)));
        expect(head).toEqual({ transaction: null, acks: -1, timeoutMs: 30_000, topics: 1, topic: 'ördérs' });
        expect(rest).toBe(0);
        expect(
          partitions.map(({ partition, firstSequence, producerId, producerEpoch, isIntact }) => [
            partition,
            firstSequence,
            producerId,
            producerEpoch,
            isIntact,
          ]),
        ).toEqual([
          [7, 41, '9007199254740993', 3, true],
          [2, 0, '9007199254740993', 3, true],
        ]);
        expectSame(partitions[0]?.records ?? [], records);
      }),
    );
  });

  it('takes events of every width of length, and many of them', async () => {
    const sizes = [0, 30, 60, 64, 8_100, 8_192, 70_000, 1_048_576, 3_000_000];
    const records = [...sizes, ...Array.from({ length: 3_000 }, () => 10)].map((size, index) => ({
      key: `k${index}`,
      value: Buffer.alloc(size, index),
      headers: [],
      timestamp: 1_000 + index,
    }));
    const { partitions } = await read(produceBody(requestOf(records)));
    expect(partitions[0]?.isIntact).toBe(true);
    expectSame(partitions[0]?.records ?? [], records);
  });

  it.each(['gzip', 'snappy', 'lz4'] as const)('holds records compressed by %s', async (compression) => {
    const records = Array.from({ length: 200 }, (_, index) => ({
      key: `k${index}`,
      value: Buffer.from('the same text again and again'),
      headers: [],
      timestamp: 1_000,
    }));
    const body = await compressedProduceBody({ ...requestOf(records), compression }, compressor(compression));
    expect(body.length).toBeLessThan(produceBody(requestOf(records)).length / 2);
    const { partitions } = await read(body);
    expect(partitions[0]?.isIntact).toBe(true);
    expectSame(partitions[0]?.records ?? [], records);
  });
});

it('crc32c agrees with the test vectors of RFC 3720 and with kafkajs', () => {
  const crc = (data: Uint8Array): number => crc32c(data, 0, data.length);
  expect(crc(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (data) => crc(data) === kafkajsCrc(Buffer.from(data)) >>> 0),
  );
});
