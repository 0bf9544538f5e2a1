import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFetch } from '../src/client/fetch-answer.ts';
import { FetchedRecords } from '../src/client/fetched-records.ts';
import { Unpacker } from '../src/client/unpacker.ts';
import type { WireRecord } from '../src/client/produce-request.ts';
import { WireError } from '../src/client/wire-error.ts';
import { batch, compressedBatch, sealed } from './support/batches.ts';
import { readByKafkajs, registerKafkajsCodecs } from './support/kafkajs-decoder.ts';
import { oldMessage } from './support/old-messages.ts';

registerKafkajsCodecs();

const limit = 65_536;
const codecs = ['none', 'gzip', 'snappy', 'lz4'] as const;
const bytes = fc.uint8Array({ maxLength: 60 });
const record: fc.Arbitrary<WireRecord> = fc.record({
  key: fc.option(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), bytes), { nil: null }),
  value: fc.option(bytes, { nil: null }),
  // kafkajs keeps them in an object, which loses some names and the order of all.
  headers: fc
    .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,12}$/), bytes), {
      selector: ([name]) => name,
      maxLength: 5,
    })
    .map((headers) => headers.filter(([name]) => !(name in {}))),
  timestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
});
const stored = fc.record({
  codec: fc.constantFrom(...codecs),
  records: fc.array(record, { minLength: 1, maxLength: 8 }),
  gap: fc.nat(5),
});
const old = fc.record({
  magic: fc.constantFrom<(0 | 1)[]>(0, 1),
  key: fc.option(
    bytes.map((each) => Buffer.from(each)),
    { nil: null },
  ),
  value: fc.option(
    bytes.map((each) => Buffer.from(each)),
    { nil: null },
  ),
});

async function logOf(batches: readonly { codec: (typeof codecs)[number]; records: WireRecord[]; gap: number }[]) {
  const parts: Buffer[] = [];
  let base = 0;
  for (const { codec, records, gap } of batches) {
    base += gap;
    parts.push(codec === 'none' ? batch(records, { base }) : await compressedBatch(codec, records, { base }));
    base += records.length;
  }
  return Buffer.concat(parts);
}

/** Reads all that can be read. Throws whatever is no `WireError`. */
async function readAll(log: Buffer) {
  const records = new FetchedRecords(0, log, []);
  const unpacker = new Unpacker(limit);
  const events = [];
  try {
    while (!records.isEmpty) {
      await records.unpack(unpacker, 0, Infinity);
      for (let next = records.read(0, Infinity); next !== undefined; next = records.read(0, Infinity))
        events.push(next);
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { events, error };
  }
  return { events, error: undefined };
}

function keyOf(key: Buffer | null): string | null {
  return key === null ? null : key.toString('latin1');
}

function textOf(key: string | Uint8Array | null): string | null {
  return key === null ? null : Buffer.from(key as Uint8Array).toString('latin1');
}

describe('record batches', () => {
  it('are read as kafkajs reads them, of every codec', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stored, { maxLength: 4 }), async (batches) => {
        const log = await logOf(batches);
        const { events, error } = await readAll(log);
        expect(error).toBeUndefined();
        const expected = log.length === 0 ? [] : await readByKafkajs(log);
        expect(
          events.map(({ position, timestamp, key, value, headers }) => ({
            offset: position,
            timestamp: String(timestamp),
            key: textOf(key),
            value: value === null ? null : Buffer.from(value),
            headers: Object.fromEntries(headers),
          })),
        ).toEqual(
          expected.map(({ offset, timestamp, key, value, headers }) => ({
            offset,
            timestamp,
            key: keyOf(key),
            value,
            headers,
          })),
        );
      }),
    );
  });

  it('of any bytes, and with any bytes changed or missing, are read or refused by name', async () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
    const source = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((log) => Promise.resolve(Buffer.from(log))),
      fc.array(stored, { minLength: 1, maxLength: 3 }).map(logOf),
      fc
        .array(old, { minLength: 1, maxLength: 4 })
        .map((messages) =>
          Promise.resolve(Buffer.concat(messages.map((message, offset) => oldMessage({ ...message, offset })))),
        ),
    );
    await fc.assert(
      fc.asyncProperty(source, fc.array(change, { maxLength: 4 }), fc.nat(), async (making, changes, cut) => {
        const whole = await making;
        const log = Buffer.from(whole.subarray(0, whole.length - (cut % 4 === 0 ? cut % (whole.length + 1) : 0)));
        for (const { at, byte } of changes) if (log.length > 0) log[at % log.length] = byte;
        const { events } = await readAll(log);
        const offsets = events.map(({ position }) => Number(position));
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
      }),
    );
  });

  it('with bytes changed by whoever wrote them, so that the checksum fits, are read or refused by name', async () => {
    const change = fc.record({ at: fc.nat(), byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)) });
    await fc.assert(
      fc.asyncProperty(stored, fc.array(change, { minLength: 1, maxLength: 4 }), async (one, changes) => {
        const log = await logOf([one]);
        for (const { at, byte } of changes) log[21 + (at % (log.length - 21))] = byte;
        const { events } = await readAll(sealed(log));
        const offsets = events.map(({ position }) => Number(position));
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
        for (const { value } of events) expect(value?.length ?? 0).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('whose records are any bytes are read or refused by name, whatever codec they claim', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 120 }),
        fc.nat(7),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        async (records, codec, count, lastDelta) => {
          const log = batch([{ key: null, value: null, headers: [] }], {
            records: Buffer.from(records),
            codec,
            count,
            lastDelta,
          });
          const { events } = await readAll(log);
          expect(events.length).toBeLessThanOrEqual(limit / 7);
        },
      ),
    );
  });
});

it('an answer to a fetch of any bytes is read or refused by name', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 4, max: 11 }), (answer, version) => {
      try {
        const { results } = decodeFetch(new Set(['']), Buffer.from(answer), version);
        expect(results.length).toBeLessThanOrEqual(answer.length);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});
