import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import type { StoredEvent } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { FetchedRecords } from '../src/client/fetched-records.ts';
import type { AbortedTransaction } from '../src/client/record-batch.ts';
import { Unpacker } from '../src/client/unpacker.ts';
import { WireError } from '../src/client/wire-error.ts';
import { batch, compressedBatch, record } from './support/batches.ts';
import { readByKafkajs, registerKafkajsCodecs } from './support/kafkajs-decoder.ts';
import { oldMessage } from './support/old-messages.ts';

registerKafkajsCodecs();

const megabyte = 1_048_576;

/** All events, unpacked as need be. */
async function readAll(
  log: Buffer,
  {
    aborted = [],
    from = 0,
    before = Infinity,
  }: { aborted?: AbortedTransaction[]; from?: number; before?: number } = {},
): Promise<StoredEvent[]> {
  const records = new FetchedRecords(3, log, aborted);
  const unpacker = new Unpacker(megabyte);
  const events: StoredEvent[] = [];
  while (!records.isEmpty) {
    await records.unpack(unpacker, from, before);
    for (let next = records.read(from, before); next !== undefined; next = records.read(from, before))
      events.push(next);
  }
  return events;
}

function texts(events: readonly StoredEvent[]): string[] {
  return events.map(({ position, value }) => `${position}:${value === null ? 'null' : Buffer.from(value).toString()}`);
}

async function failureOf(log: Buffer): Promise<string> {
  const error: unknown = await readAll(log).catch((thrown: unknown) => thrown);
  return error instanceof WireError ? error.failure : String(error);
}

describe('what a fetch brought', () => {
  it('is read with all that a record carries', async () => {
    const headers = [
      ['b', Buffer.from('1')],
      ['a', Buffer.from('2')],
      ['b', Buffer.from([0xff])],
      ['', Buffer.alloc(0)],
      ['ü', Buffer.from('ü')],
    ] as const;
    const log = batch(
      [
        record('text', { key: 'k', timestamp: 5, headers }),
        record('', { key: '', timestamp: 1 }),
        { key: null, value: null, headers: [], timestamp: 9 },
        record('x', { key: Buffer.from([0xff, 0xfe]) }),
      ],
      { base: 2 ** 40 },
    );
    expect(await readAll(log)).toEqual([
      { partition: '3', position: String(2 ** 40), timestamp: 5, key: 'k', value: Buffer.from('text'), headers },
      { partition: '3', position: String(2 ** 40 + 1), timestamp: 1, key: '', value: Buffer.alloc(0), headers: [] },
      { partition: '3', position: String(2 ** 40 + 2), timestamp: 9, key: null, value: null, headers: [] },
      {
        partition: '3',
        position: String(2 ** 40 + 3),
        timestamp: 1_000,
        key: Buffer.from([0xff, 0xfe]),
        value: Buffer.from('x'),
        headers: [],
      },
    ]);
  });

  it('keeps headers with names that every object has, apart and in order', async () => {
    const names = ['__proto__', 'constructor', 'toString', '__proto__', 'hasOwnProperty'];
    const log = batch([record('v', { headers: names.map((name, index) => [name, String(index)]) })]);
    const [event] = await readAll(log);
    expect(event?.headers.map(([name, value]) => [name, String(value)])).toEqual(
      names.map((name, index) => [name, String(index)]),
    );
  });

  it('is read header by header, however many there are', async () => {
    // Copying what is there for each one more takes minutes from some ten thousand on.
    const headers = Array.from({ length: 200_000 }, (_, index) => [`name-${index}`, String(index)] as const);
    const [event] = await readAll(batch([record('v', { headers })]));
    expect(event?.headers).toHaveLength(200_000);
    expect(event?.headers.at(-1)).toEqual(['name-199999', Buffer.from('199999')]);
  });

  it('begins at the asked offset within a batch, and ends before another', async () => {
    const log = Buffer.concat([
      batch(['a', 'b', 'c'].map((text) => record(text))),
      await compressedBatch(
        'gzip',
        ['d', 'e', 'f'].map((text) => record(text)),
        { base: 3 },
      ),
      await compressedBatch('gzip', [record('g')], { base: 6, codec: 7 }),
    ]);
    expect(texts(await readAll(log, { from: 2, before: 5 }))).toEqual(['2:c', '3:d', '4:e']);
  });

  it('holds no mark of a transaction and nothing of an aborted one, and is behind both', async () => {
    const transaction = (base: number, producerId: bigint, text: string): Buffer =>
      batch([record(text)], { base, producerId, isTransactional: true });
    const mark = (base: number, producerId: bigint): Buffer =>
      batch([record('mark')], { base, producerId, isTransactional: true, isControl: true });
    const log = Buffer.concat([
      transaction(0, 7n, 'aborted'),
      transaction(1, 8n, 'committed'),
      batch([record('plain')], { base: 2, producerId: 7n }),
      mark(3, 7n),
      transaction(4, 7n, 'again'),
      mark(5, 7n),
      mark(6, 8n),
      transaction(7, 8n, 'aborted'),
      mark(8, 8n),
    ]);
    const aborted = [
      { producerId: 8n, first: 7 },
      { producerId: 7n, first: 0 },
    ];
    expect(texts(await readAll(log, { aborted }))).toEqual(['1:committed', '2:plain', '4:again']);
    expect(new FetchedRecords(0, log, aborted).next).toBe(9);
    const marks = new FetchedRecords(0, mark(41, 9n), []);
    expect([marks.isEmpty, marks.next]).toEqual([true, 42]);
  });

  it('is behind what compaction took, within a batch and all of one', async () => {
    const holes = batch([record('a'), record('b')], { base: 5, lastDelta: 9 });
    const empty = batch([record('')], { base: 15, lastDelta: 4, count: 0, records: Buffer.alloc(0) });
    expect(texts(await readAll(Buffer.concat([holes, empty])))).toEqual(['5:a', '6:b']);
    expect(new FetchedRecords(0, Buffer.concat([holes, empty]), []).next).toBe(20);
    expect(new FetchedRecords(0, empty, []).isEmpty).toBe(true);
  });

  it('is read up to where the answer was full', async () => {
    const [first, second] = [batch([record('a')]), batch([record('b'), record('c')], { base: 1 })];
    for (let length = 0; length < second.length; length++) {
      const log = Buffer.concat([first, second.subarray(0, length)]);
      expect(texts(await readAll(log))).toEqual(['0:a']);
      expect(new FetchedRecords(0, log, []).next).toBe(1);
    }
    expect(new FetchedRecords(0, first.subarray(0, 40), []).next).toBeUndefined();
  });

  it('has the time of the broker where the topic is stamped by it, and none that a date cannot be', async () => {
    const [event] = await readAll(batch([record('a')], { isAppendTime: true, maxTimestamp: 77n }));
    expect(event?.timestamp).toBe(77);
    const [far] = await readAll(batch([record('a')], { isAppendTime: true, maxTimestamp: 2n ** 63n - 1n }));
    expect(new Date(far?.timestamp ?? Number.NaN).getTime()).toBe(8.64e15);
  });

  it.each(['gzip', 'snappy', 'lz4'] as const)('is unpacked from %s', async (compression) => {
    const records = Array.from({ length: 300 }, (_, index) =>
      record(`${index}`.repeat(index), { key: `k${index % 7}` }),
    );
    const log = await compressedBatch(compression, records, { base: 10 });
    expect(await readAll(log)).toEqual(await readAll(batch(records, { base: 10 })));
    expect((await readByKafkajs(log)).map(({ offset }) => offset)).toEqual(
      (await readAll(log)).map(({ position }) => position),
    );
  });

  it('is not handed over where its checksum does not fit', async () => {
    for (const log of [batch([record('abc')]), await compressedBatch('gzip', [record('abc')])]) {
      const damaged = Buffer.from(log);
      damaged[damaged.length - 2] = (damaged.at(-2) ?? 0) ^ 1;
      expect(await failureOf(damaged)).toBe('malformed');
    }
  });

  it('says where it cannot be read further, and hands over what is before that', async () => {
    const good = batch([record('a'), record('b')], { base: 4 });
    const bad = batch([record('c'), record('d')], { base: 6 });
    bad.writeInt8(9, 16);
    const records = new FetchedRecords(0, Buffer.concat([good, bad]), []);
    expect([records.read(0, Infinity)?.position, records.read(0, Infinity)?.position]).toEqual(['4', '5']);
    expect(() => records.read(0, Infinity)).toThrow('format 9');
    expect([records.next, records.isEmpty]).toEqual([6, false]);

    const short = batch([record('a'), record('b')], { base: 4, count: 3 });
    const counted = new FetchedRecords(0, short, []);
    expect([counted.read(0, Infinity)?.position, counted.read(0, Infinity)?.position]).toEqual(['4', '5']);
    expect(() => counted.read(0, Infinity)).toThrow('too early');
    expect(counted.position).toBe(6);
  });

  it.each([
    ['a length that ends nowhere', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['a length beyond the batch', [0x80, 0x80, 0x01, 0, 0]],
    ['a negative length', [0x01, 0, 0, 0, 0, 0, 0]],
    ['a key of negative length', [14, 0, 0, 0, 3, 0, 0, 0]],
    ['a value that is longer than its record', [14, 0, 0, 0, 1, 120, 0, 0]],
    ['more headers than bytes', [16, 0, 0, 0, 1, 1, 0xfe, 0x7f, 0]],
    ['a negative number of headers', [14, 0, 0, 0, 1, 1, 1, 0]],
    ['a header without a name', [18, 0, 0, 0, 1, 1, 2, 1, 0, 0]],
    ['bytes behind its record', [16, 0, 0, 0, 1, 1, 0, 0, 0]],
    ['an offset before its batch', [12, 0, 0, 1, 1, 1, 0]],
    ['an offset behind its batch', [12, 0, 0, 40, 1, 1, 0]],
    ['a time that never ends', [40, 0, ...Array.from({ length: 19 }, () => 0xff)]],
  ])('is refused with %s', async (_, bytes) => {
    expect(await failureOf(batch([record('')], { records: Buffer.from(bytes) }))).toBe('malformed');
  });

  it.each([
    ['a negative length', (log: Buffer) => log.writeInt32BE(-5, 8)],
    ['a length that is none of a batch', (log: Buffer) => log.writeInt32BE(20, 8)],
    ['a negative number of records', (log: Buffer) => log.writeInt32BE(-1, 57)],
    ['a negative span', (log: Buffer) => log.writeInt32BE(-1, 23)],
    ['an offset that cannot be counted', (log: Buffer) => log.writeBigInt64BE(2n ** 62n, 0)],
    ['a negative offset', (log: Buffer) => log.writeBigInt64BE(-9n, 0)],
  ])('is refused for a batch with %s', async (_, change) => {
    const log = batch([record('a')]);
    change(log);
    expect(await failureOf(log)).toBe('malformed');
  });

  it('names a codec that is none', async () => {
    const log = batch([record('a')], { codec: 6 });
    await expect(readAll(log)).rejects.toThrow('codec 6');
    expect(await failureOf(log)).toBe('undecodable');
  });
});

describe('messages of the formats before Kafka 0.11', () => {
  const plain = (magic: 0 | 1, offset: number, text: string): Buffer =>
    oldMessage({ offset, magic, timestamp: 50n, key: Buffer.from('k'), value: Buffer.from(text) });

  it('are read, with their time if they have one', async () => {
    const log = Buffer.concat([plain(0, 4, 'a'), plain(1, 5, 'b'), batch([record('c')], { base: 6 })]);
    const events = await readAll(log);
    expect(texts(events)).toEqual(['4:a', '5:b', '6:c']);
    expect(events.map(({ timestamp, key }) => [timestamp, key])).toEqual([
      [-1, 'k'],
      [50, 'k'],
      [1_000, null],
    ]);
  });

  it('are unpacked: offsets inside are relative from version 1 on', async () => {
    const wrapped = (magic: 0 | 1, inner: Buffer, attributes = 1): Buffer =>
      oldMessage({ offset: 12, magic, attributes, timestamp: 70n, key: null, value: gzipSync(inner) });
    const relative = Buffer.concat([plain(1, 0, 'a'), plain(1, 1, 'b'), plain(1, 3, 'c')]);
    expect(texts(await readAll(wrapped(1, relative)))).toEqual(['9:a', '10:b', '12:c']);
    expect(texts(await readAll(wrapped(1, relative), { from: 10, before: 12 }))).toEqual(['10:b']);
    expect((await readAll(wrapped(1, relative, 9))).map(({ timestamp }) => timestamp)).toEqual([70, 70, 70]);
    const absolute = Buffer.concat([plain(0, 10, 'a'), plain(0, 12, 'c')]);
    expect(texts(await readAll(wrapped(0, absolute)))).toEqual(['10:a', '12:c']);
    expect((await readByKafkajs(wrapped(1, relative))).map(({ offset }) => offset)).toEqual(['9', '10', '12']);
  });

  it('are refused where they are damaged', async () => {
    const damaged = plain(1, 4, 'abc');
    damaged[damaged.length - 1] = 0;
    expect(await failureOf(damaged)).toBe('malformed');
    const twice = oldMessage({
      offset: 1,
      magic: 1,
      attributes: 1,
      key: null,
      value: gzipSync(gzipSync(plain(1, 0, 'a'))),
    });
    expect(await failureOf(twice)).toBe('malformed');
    expect(await failureOf(oldMessage({ offset: 1, magic: 1, attributes: 1, key: null, value: null }))).toBe(
      'malformed',
    );
  });
});

it('batches that kafkajs wrote are read', async () => {
  const load = createRequire(import.meta.url);
  const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0') as {
    readonly RecordBatch: (options: object) => Promise<{ readonly buffer: Buffer }>;
  };
  const encodeRecord = load('kafkajs/src/protocol/recordBatch/record/v0') as (options: object) => unknown;
  const records = [
    encodeRecord({
      offsetDelta: 0,
      timestampDelta: 0,
      key: 'k',
      value: Buffer.from('a'),
      headers: { h: '1', i: ['2', '3'] },
    }),
    encodeRecord({ offsetDelta: 1, timestampDelta: 20, key: null, value: null, headers: {} }),
  ];
  for (const compression of [0, 1, 2, 3]) {
    const { buffer } = await RecordBatch({
      compression,
      firstTimestamp: 100,
      maxTimestamp: 120,
      lastOffsetDelta: 1,
      records,
    });
    const events = await readAll(Buffer.from(buffer));
    expect(events.map(({ timestamp, key }) => [timestamp, key])).toEqual([
      [100, 'k'],
      [120, null],
    ]);
    expect(events[0]?.headers.map(([name, value]) => `${name}=${String(value)}`)).toEqual(['h=1', 'i=2', 'i=3']);
  }
});
