import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodecOptions } from '../src/codec/codec.ts';
import { createCodec } from '../src/codec/create-codec.ts';
import { wrap } from '../src/codec/wrapper.ts';
import type { Capabilities } from '../src/contract/capabilities.ts';
import { deadLetterName, deadLetterTopic } from '../src/dead-letter/letter-topic.ts';
import {
  digest,
  encodeLetter,
  encodeMarker,
  encodeRedrive,
  encodeShortLetter,
  letterId,
  openLetter,
  openMarker,
  type LetterDetails,
  type OpenedLetter,
} from '../src/dead-letter/letter.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { defineTopic } from '../src/model/define-topic.ts';
import { type EncodedEvent, type Header, sizeOf, type StoredEvent } from '../src/model/encoded.ts';
import { bytes, key, text } from './support/arbitraries.ts';
import { capabilities, withoutHeaders } from './support/capabilities.ts';
import { ManualClock } from './support/manual-clock.ts';
import { anything } from './support/schema.ts';
import { store } from './support/stored.ts';

const providers: readonly (readonly [string, Capabilities])[] = [
  ['with headers', capabilities()],
  ['without headers', withoutHeaders],
];

const original = store(
  { key: 'o-1', value: Buffer.from('{"total":9}'), headers: [] },
  { partition: '3', position: '41' },
);

describe.each(providers)('a letter (%s)', (_, provider) => {
  it('tells where its event was, why it failed, and when', () => {
    const opened = open(store(encodeLetter(original, details(), provider)));
    expect(opened).toMatchObject({
      origin: { topic: 'orders', partition: '3', position: '41', time: new Date(original.timestamp) },
      error: { code: 'handler-failed', message: 'consumer: db is down' },
      attempts: 5,
      group: 'billing',
      firstFailure: new Date(1_700_000_001_000),
      lastFailure: new Date(1_700_000_009_000),
      redrivenFrom: undefined,
    });
  });

  it('of what could not be read tells how many bytes are stored, also where it holds only the first', () => {
    const unreadable = new StreamError('undecodable', 'damaged', { where: 'kafka' });
    const value = Buffer.alloc(9_000, 0xfe);
    const batch: StoredEvent = { ...original, key: null, value, unreadable };
    const because = details({ error: unreadable });
    const whole = open(store(encodeLetter(batch, because, provider)));
    expect(whole).toMatchObject({ error: { code: 'undecodable' }, unreadableBytes: 9_000 });
    expect(Buffer.from(whole.original.value ?? []).equals(value)).toBe(true);
    const cut = encodeShortLetter(batch, because, provider) ?? whole.original;
    expect(sizeOf(cut)).toBeLessThan(8_192);
    expect(open(store(cut))).toMatchObject({ origin: whole.origin, unreadableBytes: 9_000 });
    // An event is kept whole or not at all, whatever its own headers say.
    const headers: Header[] = [['isostream-unreadable-bytes', '7']];
    expect(open(store(encodeLetter({ ...original, headers }, details(), provider))).unreadableBytes).toBeUndefined();
    expect(encodeShortLetter(original, details(), provider)).toBeUndefined();
  });

  it('keeps key, bytes and headers of its event as they were', () => {
    const ours = fc
      .constantFrom('topic', 'redrives', 'redriven', 'kept-', 'kept-topic', '')
      .map((n) => `isostream-${n}`);
    const header = fc.tuple(fc.oneof(text, ours), fc.oneof(text, bytes));
    const headers = fc.array(header, { maxLength: 6 });
    const keys = fc.oneof(key, bytes, fc.constant(null));
    fc.assert(
      fc.property(keys, fc.option(bytes), headers, (eventKey, value, given) => {
        const event = { key: eventKey, value, headers: given };
        const letter = store(encodeLetter(store(wrap(event, provider)), details(), provider));
        expect(plain(letter.key)).toBe(plain(eventKey));
        expect(comparable(open(letter).original)).toEqual(comparable(event));
      }),
    );
  });

  it('takes a message of any length and content, cut at a whole character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 3_000 }),
        fc.constantFrom('', '☺'.repeat(400), '\ud834'),
        (message, more) => {
          const error = new StreamError('handler-failed', `${message}${more}`, { where: 'consumer' });
          const read = open(store(encodeLetter(original, details({ error }), provider))).error.message;
          const whole = error.message.toWellFormed();
          expect(Buffer.byteLength(read)).toBeLessThanOrEqual(1_024);
          if (Buffer.byteLength(whole) <= 1_000) expect(read).toBe(whole);
          else {
            expect(read.endsWith('…')).toBe(true);
            expect(whole.startsWith(read.slice(0, -1))).toBe(true);
            expect(Buffer.byteLength(read)).toBeGreaterThan(980);
          }
        },
      ),
    );
  });

  it('is written for an event whose stored time is no date', () => {
    const nanoseconds = { ...original, timestamp: 1_700_000_000_000_000_000 };
    expect(open(store(encodeLetter(nanoseconds, details(), provider))).origin.position).toBe('41');
  });

  it('is told apart from its marker, and both from events of others', () => {
    const letter = store(encodeLetter(original, details(), provider), { partition: '5', position: '9' });
    const opened = open(letter);
    const marker = store(encodeMarker(letter, opened, 2, provider), { partition: '5', position: '10' });

    expect(letterId(letter)).toBe('5/9');
    expect([openMarker(letter), openMarker(marker)]).toEqual([
      undefined,
      { letter: '5/9', digest: digest(opened.original), redrives: 2 },
    ]);
    expect(openLetter(marker)).toBeUndefined();
    expect(marker.key).toBe('o-1');
    for (const foreign of [
      original,
      store({ key: null, value: null, headers: [] }),
      store({ key: null, value: Buffer.from('{"specversion":"1.0"}'), headers: [] }),
    ])
      expect([openLetter(foreign), openMarker(foreign)]).toEqual([undefined, undefined]);
  });
});

describe('an event of others', () => {
  it('is no letter for an extension that is called as ours', () => {
    const headers = {
      'isostream-topic': 'orders',
      'isostream-partition': '1',
      'isostream-position': '2',
      'isostream-group': 'billing',
      'isostream-redriven': '5/9',
    };
    const extension = { isostreamheaders: JSON.stringify(headers) };
    const value = Buffer.from(
      JSON.stringify({ specversion: '1.0', id: '1', type: 'order.placed', source: '/', data: 1, ...extension }),
    );
    const foreign = store({ key: null, value, headers: [] });
    expect([openLetter(foreign), openMarker(foreign)]).toEqual([undefined, undefined]);
  });
});

describe.each(providers)('a redrive (%s)', (_, provider) => {
  it('sends the event back as it was, and says which letter it comes from', () => {
    const sent: EncodedEvent = { key: 'o-1', value: Buffer.from('9'), headers: [['tenant', 'blue']] };
    let stored = store(wrap(sent, provider));
    let from: string | undefined;
    for (let place = 0; place < 3; place++) {
      const letter = store(encodeLetter(stored, details(), provider), { position: String(place) });
      const opened = open(letter);
      expect(opened.redrivenFrom).toBe(from);
      expect(comparable(opened.original)).toEqual(comparable(sent));
      stored = store(encodeRedrive(letter, opened, provider));
      from = letterId(letter);
    }
  });

  it('is readable by a raw topic’s codec, with the letter that it comes from', () => {
    const codec = createCodec(defineTopic('orders', { raw: true }), optionsOf(provider));
    for (const value of [Buffer.from('{"total": 9}'), Buffer.from([0xff]), Buffer.alloc(0), null]) {
      let stored = store(now(codec.encode({ key: 'o-1', value, headers: [['tenant', 'blue']] })));
      for (const position of ['1', '2']) {
        const letter = store(encodeLetter(stored, details(), provider), { position });
        stored = store(encodeRedrive(letter, open(letter), provider));
        const decoded = now(codec.decode(stored));
        if (!decoded.ok) throw decoded.error;
        expect(comparable(decoded.event)).toEqual(
          comparable({
            key: 'o-1',
            value,
            headers: [
              ['tenant', 'blue'],
              ['isostream-redriven-from', `p0/${position}`],
            ],
          }),
        );
      }
    }
  });

  it('is readable by a typed topic’s codec, with the headers that were sent', () => {
    const codec = createCodec(defineTopic('orders', { events: { placed: anything }, key: () => 'o-1' }), {
      ...optionsOf(provider),
    });
    for (const data of [{ total: 9 }, Buffer.from([0xff]), null]) {
      let stored = store(now(codec.encode({ type: 'placed', id: 'e-1', data, headers: { tenant: 'blue' } })));
      for (let redrives = 0; redrives < 2; redrives++) {
        const letter = store(encodeLetter(stored, details(), provider));
        stored = store(encodeRedrive(letter, open(letter), provider));
        // Where it comes from stays out: a handler must be able to send the headers on.
        const headers = expect.toSatisfy((given) => JSON.stringify(given) === '{"tenant":"blue"}');
        expect(now(codec.decode(stored))).toMatchObject({ ok: true, event: { id: 'e-1', key: 'o-1', data, headers } });
      }
    }
  });

  it('brings a letter of a letter back as the letter that it was', () => {
    const inner = store(encodeLetter(original, details(), provider));
    const error = new StreamError('undecodable', 'later', { where: 'consumer' });
    const outer = store(encodeLetter(inner, details({ topic: 'orders.billing.dlq', error }), provider));
    expect(open(outer)).toMatchObject({ origin: { topic: 'orders.billing.dlq' }, error: { code: 'undecodable' } });
    const back = store(encodeRedrive(outer, open(outer), provider));
    expect(open(back)).toMatchObject({
      origin: { topic: 'orders', position: '41' },
      error: { code: 'handler-failed' },
    });
  });
});

describe('a digest', () => {
  it('is the same for the same event, whatever the order of its headers, and another for any other', () => {
    const event: EncodedEvent = {
      key: 'k',
      value: Buffer.from('v'),
      headers: [
        ['a', '1'],
        ['b', '2'],
      ],
    };
    expect(digest({ ...event, headers: event.headers.toReversed() })).toBe(digest(event));
    expect(digest(store(event))).toBe(digest(event));
    const others: EncodedEvent[] = [
      { ...event, key: null },
      { ...event, key: '' },
      { ...event, value: null },
      { ...event, value: Buffer.of() },
      { ...event, headers: [['a', '1b2']] },
      {
        ...event,
        headers: [
          ['a', '2'],
          ['b', '1'],
        ],
      },
      { ...event, headers: [] },
    ];
    expect(new Set([event, ...others].map(digest)).size).toBe(others.length + 1);
  });
});

describe('the dead-letter topic', () => {
  const topic = defineTopic('orders', {
    events: { 'order.placed': anything },
    key: () => '1',
    partitions: 12,
    retention: '1d',
    replication: { factor: 3 },
  });

  it('is called after topic and group', () => {
    // A hub may have 256 characters, a stream 128.
    expect(deadLetterName('h'.repeat(256), 'g'.repeat(50))).toMatch(/^h{80}-[0-9a-f]{10}\.g{21}-[0-9a-f]{10}\.dlq$/);
    expect(deadLetterName('orders', 'billing')).toBe('orders.billing.dlq');
    expect(deadLetterTopic(topic, 'billing', capabilities()).name).toBe('orders.billing.dlq');
  });

  it('has the partitions and copies of its origin, and two weeks for the repair', () => {
    const letters = deadLetterTopic(topic, 'billing', capabilities());
    expect(letters).toMatchObject({
      events: undefined,
      partitions: 12,
      replication: { factor: 3 },
      retention: 14 * 86_400_000,
    });
  });

  it('has room for the largest event of its topic, as base64 where letters are wrapped', () => {
    const small = defineTopic('small', { raw: true, maxEventBytes: 100_000 });
    expect(deadLetterTopic(small, 'billing', capabilities()).maxEventBytes).toBe(116_384);

    const { maxEventBytes } = deadLetterTopic(small, 'billing', withoutHeaders);
    const stored = store({ key: 'k', value: Buffer.alloc(100_000, 0xff), headers: [] });
    expect(maxEventBytes).toBeGreaterThan(sizeOf(encodeLetter(stored, details(), withoutHeaders)));
    expect(Number(maxEventBytes) % 1_024).toBe(0);
  });

  it('keeps letters as long as the provider can', () => {
    const week = capabilities({ retention: { minMs: 86_400_000, maxMs: 7 * 86_400_000, mutable: true, bytes: false } });
    expect(deadLetterTopic(topic, 'billing', week).retention).toBe(7 * 86_400_000);
  });

  it('declares nothing that the provider leaves to its owner', () => {
    const managed = capabilities({
      replication: false,
      retention: { minMs: 0, maxMs: 86_400_000, mutable: false, bytes: false },
    });
    const letters = deadLetterTopic(topic, 'billing', managed);
    expect(letters).not.toHaveProperty('retention');
    expect(letters).not.toHaveProperty('replication');
  });

  it('exists for the longest topic name, and is refused where a provider could not take its own', () => {
    const long = defineTopic('t'.repeat(100), { raw: true });
    expect(deadLetterTopic(long, 'billing', capabilities()).name).toHaveLength(112);
    expect(() => deadLetterTopic(long, 'g'.repeat(24), capabilities())).toThrow(
      expect.objectContaining({ code: 'invalid-config' }),
    );
  });
});

function details(changes: Partial<LetterDetails> = {}): LetterDetails {
  return {
    topic: 'orders',
    group: 'billing',
    error: new StreamError('handler-failed', 'db is down', { where: 'consumer' }),
    attempts: 5,
    firstFailure: 1_700_000_001_000,
    lastFailure: 1_700_000_009_000,
    now: 1_700_000_009_500,
    ...changes,
  };
}

function optionsOf(provider: Capabilities): CodecOptions {
  return { capabilities: provider, source: 'shop', clock: new ManualClock() };
}

function now<Value extends object>(value: Value | Promise<unknown> | (() => Promise<Value>)): Value {
  if (value instanceof Promise || typeof value === 'function') throw new Error('nothing to wait for');
  return value;
}

function open(letter: StoredEvent): OpenedLetter {
  const opened = openLetter(letter);
  if (opened === undefined) throw new Error('this is no letter');
  return opened;
}

function comparable({ key: eventKey, value, headers }: EncodedEvent): object {
  return {
    key: plain(eventKey),
    value: value === null ? null : Buffer.from(value).toString('hex'),
    headers: headers.map(readable),
  };
}

function readable([name, value]: Header): readonly [string, string] {
  return [name, Buffer.from(value).toString('hex')];
}

function plain(part: string | Uint8Array | null): string | null {
  return part === null ? null : Buffer.from(part).toString('hex');
}
