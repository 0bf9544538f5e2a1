import type { EncodedEvent, StoredEvent } from '@isostream/core/adapter';
import { message, types } from 'rhea-promise';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../src/amqp/message.ts';
import { annotationsOf, fromMessage, toBatch, wireBytesOf } from '../src/message.ts';

const annotations = { sequenceNumber: 41, offset: '1:0:4096', enqueuedMs: 1_700_000_000_000, partitionKey: null };

/** One event as it is in a batch, without the head of the section around it. */
function toMessage(event: EncodedEvent): Buffer {
  return toBatch([event]).subarray(8);
}

function read(bytes: Buffer, change: { readonly partitionKey?: string } = {}): StoredEvent {
  return fromMessage(bytes, readMessage(bytes), { ...annotations, ...change }, '3');
}

function shortHeaders(count: number): [string, string][] {
  return Array.from({ length: count }, (_, index) => [`h${index}`, 'v']);
}

/** As it comes back. */
function roundTrip(event: EncodedEvent): StoredEvent {
  return read(toMessage(event));
}

describe('messages', () => {
  it.each<[string, EncodedEvent]>([
    ['bytes', { key: 'k', value: Buffer.from([0, 1, 2, 255, 254]), headers: [['a', 'b']] }],
    ['an empty payload', { key: 'k', value: Buffer.alloc(0), headers: [] }],
    ['a tombstone', { key: 'k', value: null, headers: [['ce', '☺']] }],
    ['an empty key', { key: '', value: Buffer.from('x'), headers: [] }],
    ['no key', { key: null, value: Buffer.from('x'), headers: [] }],
    ['a key that is no text', { key: Buffer.from([0xff, 0xfe]), value: Buffer.from('x'), headers: [] }],
    [
      'a header named like a prototype',
      {
        key: 'k',
        value: null,
        headers: [
          ['__proto__', 'x'],
          ['constructor', 'y'],
        ],
      },
    ],
    ['a header that is no text', { key: 'k', value: null, headers: [['bytes', Buffer.from([0xff])]] }],
    ['a content type', { key: 'k', value: Buffer.from('{}'), headers: [['content-type', 'application/json']] }],
    ['a content type that AMQP has no symbol for', { key: 'k', value: null, headers: [['content-type', 'ä']] }],
    [
      'digits for names',
      {
        key: 'k',
        value: null,
        headers: [
          ['1', 'one'],
          ['0', 'zero'],
        ],
      },
    ],
    [
      '200 headers',
      { key: 'k', value: null, headers: Array.from({ length: 200 }, (_, i) => [`h${i}`, 'v'.repeat(i)]) },
    ],
  ])('carry %s', (_, event) => {
    const { key, value, headers } = roundTrip(event);

    expect(key).toEqual(event.key);
    expect(value).toEqual(event.value);
    expect(new Map(headers)).toEqual(new Map(event.headers));
    expect(headers).toHaveLength(event.headers.length);
  });

  it.each<[string, EncodedEvent]>([
    ['nothing', { key: null, value: null, headers: [] }],
    ['64 short headers', { key: 'k', value: Buffer.from('x'), headers: shortHeaders(64) }],
    ['1,000 short headers', { key: 'k', value: Buffer.from('x'), headers: shortHeaders(1_000) }],
    ['long headers', { key: 'k'.repeat(300), value: null, headers: [['n'.repeat(300), 'ä'.repeat(300)]] }],
    ['bytes', { key: Buffer.alloc(300, 255), value: Buffer.alloc(100_000), headers: [['b', Buffer.alloc(300)]] }],
    ['a content type', { key: 'k', value: Buffer.from('{}'), headers: [['content-type', 'application/json']] }],
    ['a long content type', { key: 'k', value: null, headers: [['content-type', 'a'.repeat(1_000)]] }],
  ])('take as much of a batch as is counted, or a little less: %s', (_, event) => {
    const events = Array<EncodedEvent>(10).fill(event);
    const counted = events.reduce((sum, each) => sum + wireBytesOf(each), 0);

    const taken = toBatch(events).byteLength - toBatch([]).byteLength;
    expect(taken).toBeLessThanOrEqual(counted);
    expect(counted - taken).toBeLessThanOrEqual(10 * 64);
  });

  it('name an event by its sequence number, and keep offsets as they are', () => {
    const stored = roundTrip({ key: 'k', value: null, headers: [] });

    expect(stored).toMatchObject({ partition: '3', position: '41', timestamp: 1_700_000_000_000 });
    const sent = message.encode({
      body: null,
      message_annotations: {
        'x-opt-sequence-number': 7,
        'x-opt-offset': '1:0:4096',
        'x-opt-partition-key': 'k',
        'x-opt-enqueued-time': types.wrap_timestamp(1_700_000_000_000),
      },
    });
    expect(annotationsOf(readMessage(sent))).toEqual({
      sequenceNumber: 7,
      offset: '1:0:4096',
      partitionKey: 'k',
      enqueuedMs: 1_700_000_000_000,
    });
  });

  it('of others are read by their keys, and by ours first', () => {
    const bytes = (properties: Record<string, unknown>) =>
      message.encode({ body: null, application_properties: properties });

    expect(read(bytes({}), { partitionKey: 'theirs' }).key).toBe('theirs');
    expect(read(bytes({ 'isostream-key': 'ours' }), { partitionKey: 'theirs' }).key).toBe('ours');
  });

  it('are there for whoever wants them whole', () => {
    const { native } = read(message.encode({ message_id: 'm-1', body: 'text' }));

    expect(native).toMatchObject({ message_id: 'm-1', body: 'text' });
    expect(read(Buffer.from([0, 0x53, 0x74, 0x99])).native).toBeUndefined();
  });

  it('without what the service adds to every event are asked for again', () => {
    expect(() => annotationsOf(readMessage(message.encode({ body: null })))).toThrow(
      'without sequence number or offset',
    );
    expect(() => annotationsOf(readMessage(Buffer.alloc(0)))).toThrow('without sequence number or offset');
  });
});

it.each(['isostream-key', 'isostream-proto'])('a header cannot be taken for a property of ours: %s', (name) => {
  const event = { key: null, value: Buffer.from('v'), headers: [[name, 'forged'] as const] };
  expect(() => toMessage(event)).toThrow(expect.objectContaining({ code: 'invalid-header', outcome: 'not-written' }));
});
