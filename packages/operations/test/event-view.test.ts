import { describe, expect, it } from 'vitest';
import { eventJson, eventLine, formatEvent, matches, prettyJson, unknownField, viewOf } from '../src/index.ts';
import { memberText } from '../src/json-text.ts';

const event = {
  key: 'o-1',
  value: Buffer.from('{"total":9}'),
  headers: [] as readonly (readonly [string, Buffer | string])[],
  time: new Date(0),
};
const context = { partition: '3', position: '42' };

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
    expect(JSON.parse(eventJson(viewOf(given, context)))).toEqual({
      ...attributes,
      datacontenttype: 'application/json',
      partition: '3',
      position: '42',
      stored: '1970-01-01T00:00:00.000Z',
      key: 'o-1',
      headers: { trace: 'x' },
      data: { total: 9 },
    });
    expect(eventLine(viewOf(given, context))).toBe('1970-01-01T00:00:00.000Z  3/42  o-1  order.placed  {"total":9}');
  });

  it('keeps each header of a name that comes twice', () => {
    const headers = [
      ['dup', '1'],
      ['dup', '2'],
      ['once', '3'],
    ] as const;
    const view = viewOf({ ...event, headers }, context);
    expect(JSON.parse(eventJson(view))).toMatchObject({ headers: { dup: ['1', '2'], once: '3' } });
    expect(formatEvent('%h', view, (text) => text)).toBe('{"dup":["1","2"],"once":"3"}');
  });

  it('has data as text where it is not JSON, as base64 where it is not text, and null for a tombstone', () => {
    const text = { ...event, headers: [['content-type', 'text/plain']] as const, value: Buffer.from('9') };
    expect(JSON.parse(eventJson(viewOf(text, context)))).toMatchObject({ datacontenttype: 'text/plain', data: '9' });
    expect(JSON.parse(eventJson(viewOf({ ...event, value: Buffer.from('{') }, context)))).toMatchObject({ data: '{' });
    expect(JSON.parse(eventJson(viewOf({ ...event, value: Buffer.from([0xff]) }, context)))).toMatchObject({
      data_base64: '/w==',
    });
    expect(JSON.parse(eventJson(viewOf({ ...event, value: null }, context)))).toMatchObject({ data: null });
    const wrapped = {
      specversion: '1.0',
      id: '1',
      source: 's',
      type: 't',
      data_base64: Buffer.from('{"a":1}').toString('base64'),
    };
    expect(
      JSON.parse(eventJson(viewOf({ ...event, value: Buffer.from(JSON.stringify(wrapped)) }, context))),
    ).toMatchObject({
      id: '1',
      data: { a: 1 },
    });
  });
});

describe('numbers that JavaScript would round', () => {
  const long = '{"id":12345678901234567890,"deep":{"n":1.0000000000000000001}}';

  it.each([
    ['bare JSON', [] as const, long],
    ['a structured event', [] as const, `{"specversion":"1.0","id":"1","type":"t","source":"s","data": ${long} }`],
    ['JSON over several lines', [['content-type', 'application/json']] as const, long.replaceAll(',', ',\n\t')],
  ])('stay as they were written: %s', (_, headers, text) => {
    const view = viewOf({ ...event, headers, value: Buffer.from(text) }, context);
    expect(view.payload.text).toBe(long);
    expect(eventJson(view)).toContain(`"data":${long}`);
    expect(prettyJson(view.payload.text)).toContain('"id": 12345678901234567890,\n');
  });

  it('come from the last member of the name, whatever texts look like members', () => {
    expect(memberText('{"a":"\\"data\\":1,}","data":[{"data":2}],"b":{"data":3}}', 'data')).toBe('[{"data":2}]');
    expect(memberText('{}', 'data')).toBeUndefined();
  });
});

describe('a form that somebody chose', () => {
  const view = viewOf(
    {
      ...event,
      headers: [
        ['ce_specversion', '1.0'],
        ['ce_type', 'x'],
      ],
    },
    context,
  );

  it('has the values of the event, each made clean', () => {
    expect(formatEvent('%p/%o %k %t %v %%\\n', view, (text) => `<${text}>`)).toBe(
      '<3>/<42> <o-1> <x> <{"total":9}> %\n',
    );
  });

  it('names what it does not know', () => {
    expect([unknownField('%k %v'), unknownField('%k %y'), unknownField('100%')]).toEqual([undefined, '%y', '%']);
  });
});

it.each([
  [{ key: 'o-1' }, true],
  [{ key: 'o-2' }, false],
  [{ type: 'x' }, true],
  [{ header: 'tenant=t' }, true],
  [{ header: 'tenant' }, true],
  [{ header: 'tenant=u' }, false],
  [{ text: '"total":9' }, true],
  [{ key: 'o-1', text: '10' }, false],
])('filters by all that is given: %j', (filter, isOne) => {
  const headers = [
    ['ce_specversion', '1.0'],
    ['ce_type', 'x'],
    ['tenant', 't'],
  ] as const;
  expect(matches(filter, viewOf({ ...event, headers }, context))).toBe(isOne);
});
