import type { EncodedEvent, StoredEvent } from '@isostream/core/adapter';
import { type PubSubEmulator, startPubSub } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PubSubAdapter } from './support/open.ts';
import { event, newTopic, openSink, pubsubOf, readAll, write } from './support/emulator.ts';

let emulator: PubSubEmulator;
let adapter: PubSubAdapter;

beforeAll(async () => {
  emulator = await startPubSub();
  adapter = pubsubOf(emulator);
});
afterAll(async () => {
  await adapter.close();
  await emulator.stop();
});

/** What comes back for what was written, alone in a topic. */
async function roundTrip(written: EncodedEvent): Promise<StoredEvent> {
  const topic = await newTopic(adapter.admin);
  await write(await openSink(adapter, topic), [written]);
  const [read, ...more] = await readAll(adapter, { topic, from: 'earliest', to: 'now' });
  expect(more).toEqual([]);
  if (read === undefined) throw new Error('nothing came back');
  return read;
}

describe('keys', () => {
  const keys = {
    'no key': null,
    'an empty key': '',
    'text that the empty key travels as': 'isostream-empty-key',
    'not ASCII': 'schlüssel ☺ 鍵 \u{1f511}',
    'control characters': 'a\u0000b\n',
    '1,024 bytes': 'k'.repeat(1_024),
    'bytes that are no text': Buffer.from([0xff, 0x00, 0xfe]),
  };
  it.each(Object.entries(keys))('%s', async (_name, key) => {
    expect((await roundTrip({ ...event(null, 'x'), key })).key).toEqual(key);
  });

  it('takes bytes that are text for that text, as whoever wrote text would', async () => {
    expect((await roundTrip({ ...event(null, 'x'), key: Buffer.from('plain') })).key).toBe('plain');
  });
});

describe('values', () => {
  const values = {
    'every byte': Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
    empty: Buffer.alloc(0),
    'a tombstone': null,
    '9.8 MB': Buffer.alloc(9_800_000, 7),
  };
  it.each(Object.entries(values))('%s, with headers and without', async (_name, value) => {
    for (const headers of [[], [['h', '1']]] as const) {
      const read = await roundTrip({ key: 'k', value, headers });
      // Compared as bytes: an assertion that walks them takes minutes.
      if (value === null) expect(read.value).toBeNull();
      else expect(Buffer.compare(Buffer.from(read.value ?? 'null'), value)).toBe(0);
      expect(read.headers).toEqual(headers);
    }
  });
});

describe('headers', () => {
  it('of any text, in any case, as many as the service takes', async () => {
    const headers = Array.from({ length: 95 }, (_, index) => [`h${index}`, 'v'.repeat(1_024)] as const);
    const odd = [
      ['Case', 'A'],
      ['case', 'b'],
      ['empty', ''],
      ['smile ☺', '☺ \u{1f600}'],
      ['constructor', 'not inherited'],
    ] as const;
    const read = await roundTrip({ key: null, value: Buffer.from('x'), headers: [...headers, ...odd] });
    expect(new Map(read.headers.map(([name, value]) => [name, value]))).toEqual(new Map([...headers, ...odd]));
  });

  it('called __proto__', async () => {
    const headers = [['__proto__', 'own']] as const;
    expect((await roundTrip({ key: 'k', value: Buffer.from('x'), headers })).headers).toEqual(headers);
  });

  it.each([
    ['a name of 257 bytes', [['n'.repeat(257), '']]],
    ['a reserved name', [['google-thing', '']]],
    ['a name of ours', [['isostream-key', 'empty']]],
    ['a value of 1,025 bytes', [['n', 'v'.repeat(1_025)]]],
    ['101 of them', Array.from({ length: 101 }, (_, index) => [`h${index}`, ''])],
  ] as const)('refused as by the service itself: %s', async (_name, headers) => {
    const sink = await openSink(adapter, await newTopic(adapter.admin));
    const written = { key: 'k', value: null, headers: headers.map(([name, value]) => [name, value] as const) };
    await expect(write(sink, [written as EncodedEvent])).rejects.toMatchObject({
      code: 'invalid-header',
      outcome: 'not-written',
    });
  });
});

it('refuses events of several keys in one request, as the service itself does', async () => {
  const sink = await openSink(adapter, await newTopic(adapter.admin));
  await expect(write(sink, [event('k', 'x'), event('l', 'y')])).rejects.toMatchObject({
    code: 'internal',
    outcome: 'not-written',
  });
});

it('tells when and under which id an event was stored', async () => {
  const before = Date.now();
  const read = await roundTrip(event('k', 'x'));
  expect(read.timestamp).toBeGreaterThanOrEqual(before);
  expect(read.timestamp).toBeLessThanOrEqual(Date.now());
  expect(read.position).toMatch(/^\d+$/);
  expect(read.native).toMatchObject({ message: { orderingKey: 'k' } });
});

it('keeps the order of a key that is empty, and of one that is no text', async () => {
  const topic = await newTopic(adapter.admin);
  const sink = await openSink(adapter, topic);
  for (const key of ['', Buffer.from([0xff])])
    for (let n = 0; n < 3; n++) await write(sink, [{ key, value: Buffer.from(String(n)), headers: [] }]);
  const read = await readAll(adapter, { topic, from: 'earliest', to: 'now' });
  const of = (isEmpty: boolean): string[] =>
    read.filter(({ key }) => (key === '') === isEmpty).map(({ value }) => Buffer.from(value ?? []).toString());
  expect(of(true)).toEqual(['0', '1', '2']);
  expect(of(false)).toEqual(['0', '1', '2']);
});
