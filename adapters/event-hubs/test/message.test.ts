import type { EncodedEvent } from '@isostream/core/adapter';
import { message } from 'rhea-promise';
import { describe, expect, it } from 'vitest';
import { annotationsOf, fromMessage, toMessage } from '../src/message.ts';

const annotations = { sequenceNumber: 41, offset: '1:0:4096', enqueuedMs: 1_700_000_000_000, partitionKey: undefined };

/** As it comes back: encoded and decoded as on its way. */
function roundTrip(event: EncodedEvent): ReturnType<typeof fromMessage> {
  return fromMessage({ body: undefined, ...message.decode(toMessage(event)) }, annotations, '3');
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

  it('name an event by its sequence number, and keep offsets as they are', () => {
    const stored = roundTrip({ key: 'k', value: null, headers: [] });

    expect(stored).toMatchObject({ partition: '3', position: '41', timestamp: 1_700_000_000_000 });
    const read = annotationsOf({
      body: null,
      message_annotations: { 'x-opt-sequence-number': 7, 'x-opt-offset': '1:0:4096', 'x-opt-partition-key': 'k' },
    });
    expect(read).toMatchObject({ sequenceNumber: 7, offset: '1:0:4096', partitionKey: 'k' });
  });

  it('of others are read whatever they hold', () => {
    const read = (body: unknown, properties: Record<string, unknown> = {}, partitionKey?: string) =>
      fromMessage({ body, application_properties: properties }, { ...annotations, partitionKey }, '0');

    expect(read('text').value).toEqual(Buffer.from('text'));
    expect(read({ a: 1 }).value).toEqual(Buffer.from('{"a":1}'));
    expect(read(message.data_sections([Buffer.from('a'), Buffer.from('b')])).value).toEqual(Buffer.from('ab'));
    expect(read(null, {}, 'theirs').key).toBe('theirs');
    expect(read(null, { 'isostream-key': 'ours' }, 'theirs').key).toBe('ours');
    expect(read(null, { n: 1, b: true, d: new Date(0), u: null }).headers).toEqual([
      ['n', '1'],
      ['b', 'true'],
      ['d', '1970-01-01T00:00:00.000Z'],
      ['u', 'null'],
    ]);
  });

  it('without what the service adds to every event are refused', () => {
    expect(() => annotationsOf({ body: null })).toThrow('without sequence number or offset');
  });
});

it.each(['isostream-key', 'isostream-proto'])('a header cannot be taken for a property of ours: %s', (name) => {
  const event = { key: null, value: Buffer.from('v'), headers: [[name, 'forged'] as const] };
  expect(() => toMessage(event)).toThrow(expect.objectContaining({ code: 'invalid-header', outcome: 'not-written' }));
});
