import { describe, expect, it } from 'vitest';
import { toJson, toLine } from '../src/show-event.ts';
import { table } from '../src/terminal.ts';
import { json, visible, visibleLines } from '../src/visible.ts';

const event = {
  key: 'o-1',
  value: Buffer.from('{"total":9}'),
  headers: [] as readonly (readonly [string, Buffer | string])[],
  time: new Date(0),
};
/** A context has more than a place, and none of it is to be printed. */
const context = { partition: '3', position: '42', signal: AbortSignal.abort() };

describe('an event as it is printed', () => {
  const attributes = { specversion: '1.0', id: 'e-1', source: 'shop', type: 'order.placed', tenant: 't' };
  const headersOf = (prefix: string): [string, Buffer][] => [
    ...Object.entries(attributes).map(([name, value]): [string, Buffer] => [`${prefix}${name}`, Buffer.from(value)]),
    ['content-type', Buffer.from('application/json')],
    ['trace', Buffer.from('x')],
  ];
  const structured = { ...attributes, datacontenttype: 'application/json', data: { total: 9 } };

  it.each([
    ['on Kafka', { ...event, headers: headersOf('ce_') }],
    ['on Pub/Sub', { ...event, headers: headersOf('ce-') }],
    ['on Event Hubs', { ...event, headers: headersOf('cloudEvents:') }],
    ['on Kinesis', { ...event, headers: [['trace', 'x']] as const, value: Buffer.from(JSON.stringify(structured)) }],
  ])('has one shape on every provider: %s', (_, given) => {
    expect(toJson(given, context)).toEqual({
      ...attributes,
      datacontenttype: 'application/json',
      partition: '3',
      position: '42',
      stored: '1970-01-01T00:00:00.000Z',
      key: 'o-1',
      headers: { trace: 'x' },
      data: { total: 9 },
    });
    expect(toLine(given, context)).toBe('1970-01-01T00:00:00.000Z  3/42  o-1  order.placed  {"total":9}');
  });

  it('has data as text where it is not JSON, as base64 where it is not text, and null for a tombstone', () => {
    const text = { ...event, headers: [['content-type', 'text/plain']] as const, value: Buffer.from('9') };
    expect(toJson(text, context)).toMatchObject({ datacontenttype: 'text/plain', data: '9' });
    expect(toJson({ ...event, value: Buffer.from('{') }, context)).toMatchObject({ data: '{' });
    expect(toJson({ ...event, value: Buffer.from([0xff]) }, context)).toMatchObject({ data_base64: '/w==' });
    expect(toJson({ ...event, value: null }, context)).toMatchObject({ data: null });
    const wrapped = {
      specversion: '1.0',
      id: '1',
      source: 's',
      type: 't',
      data_base64: Buffer.from('{"a":1}').toString('base64'),
    };
    expect(toJson({ ...event, value: Buffer.from(JSON.stringify(wrapped)) }, context)).toMatchObject({
      id: '1',
      data: { a: 1 },
    });
  });
});

describe('what a terminal would obey', () => {
  const hostile = [
    '\u001b[2J',
    '\u001b]0;title\u0007',
    '\u009b31m',
    '\u0007',
    '\r',
    '\n',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u2028',
    '\u007f',
    '\ud800',
    '\u{e0041}',
  ];

  it.each(hostile)('is written as an escape, wherever it stands: %j', (text) => {
    const given = {
      ...event,
      key: `k${text}`,
      value: Buffer.from(`v${text.toWellFormed()}`),
      headers: [
        ['ce_specversion', '1.0'],
        ['ce_type', `t${text}`],
        [`h${text}`, text],
      ] as const,
    };
    const place = { partition: `p${text}`, position: `q${text}` };
    for (const shown of [
      toLine(given, place),
      json(toJson(given, place)),
      table(['a'], [[text]]).split('\n')[1] ?? '',
      visible(text),
    ])
      expect(shown).toMatch(/^[\x20-\x7e\ufffd]*$/);
    expect(JSON.parse(json({ text }))).toEqual({ text });
  });

  it('leaves our own lines and colours, and letters of all languages', () => {
    expect(visibleLines('\u001b[31merror\u001b[39m a\nb \u001b[2J')).toBe('\u001b[31merror\u001b[39m a\nb \\u001b[2J');
    expect(visible('é 漢字 עברית 😀')).toBe('é 漢字 עברית 😀');
  });
});
