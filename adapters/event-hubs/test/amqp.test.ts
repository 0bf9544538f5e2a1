import { message, types } from 'rhea-promise';
import { describe, expect, it } from 'vitest';
import { type AmqpMessage, readMessage } from '../src/amqp/message.ts';

const section = (code: number, ...value: number[]): Buffer => Buffer.from([0x00, 0x53, code, ...value]);
const hex = (text: string): number[] => [...Buffer.from(text.replaceAll(' ', ''), 'hex')];

/** A message with one application property of this encoded value. */
function property(encoded: string): string | Buffer | undefined {
  const value = hex(encoded);
  const entry = [0xa1, 1, 0x6e, ...value];
  return readMessage(section(0x74, 0xd1, ...wide(entry.length + 4), ...wide(2), ...entry)).properties[0]?.[1];
}

function wide(number: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return [...bytes];
}

function bodyOf(encoded: string): string | null {
  return readMessage(Buffer.from(hex(encoded))).body?.toString() ?? null;
}

describe('values of AMQP', () => {
  it.each([
    ['null', '40', 'null'],
    ['true', '41', 'true'],
    ['false in a byte', '5600', 'false'],
    ['ubyte', '50ff', '255'],
    ['byte', '51ff', '-1'],
    ['ushort', '60ffff', '65535'],
    ['short', '618000', '-32768'],
    ['uint 0', '43', '0'],
    ['small uint', '5207', '7'],
    ['uint', '70ffffffff', '4294967295'],
    ['int', '7180000000', '-2147483648'],
    ['ulong 0', '44', '0'],
    ['small ulong', '5309', '9'],
    ['ulong beyond 2^53', '80ffffffffffffffff', '18446744073709551615'],
    ['small long', '55fe', '-2'],
    ['long beyond -2^53', '818000000000000000', '-9223372036854775808'],
    ['long of 2^53 + 1', '810020000000000001', '9007199254740993'],
    ['float', '723f800000', '1'],
    ['float that is not a number', '727fc00000', 'NaN'],
    ['double', '823ff8000000000000', '1.5'],
    ['infinity', '827ff0000000000000', 'Infinity'],
    ['char', '730001f600', '😀'],
    ['char that is none', '730000d800', '55296'],
    ['timestamp', '830000000000000000', '1970-01-01T00:00:00.000Z'],
    ['timestamp of the last date', '83001eb208c2dc0000', '+275760-09-13T00:00:00.000Z'],
    ['timestamp behind it', '83001eb208c2dc0001', '8640000000000001'],
    ['timestamp of the least long', '838000000000000000', '-9223372036854775808'],
    ['uuid', '98 00112233445566778899aabbccddeeff', '00112233-4455-6677-8899-aabbccddeeff'],
    ['string', 'a103c3a478', 'äx'],
    ['symbol', 'a3026162', 'ab'],
    ['long string', 'b10000000161', 'a'],
    ['described string', '00 a30378797a a10161', 'a'],
    ['described by a described', '00 00 5301 5302 a10161', 'a'],
    ['empty list', '45', '[]'],
    ['list', 'c0 08 04 40 41 5205 a10161', '[null,true,5,"a"]'],
    ['array of uints', 'e0 0a 02 70 00000001 00000002', '[1,2]'],
    ['array of described strings', 'e0 0b 02 00 5301 a1 0161 03626364', '["a","bcd"]'],
    ['map with names that are none', 'c1 06 04 5201 41 41 42', '{"1":true,"true":false}'],
    ['map that names a prototype', 'c1 0e 02 a109 5f5f70726f746f5f5f 5201', '{"__proto__":1}'],
    ['ulong in a list', 'c0 0a 01 80ffffffffffffffff', '["18446744073709551615"]'],
    ['bytes in a list', 'c0 05 01 a002fffe', '["//4="]'],
  ])('are carried as text: %s', (_, encoded, text) => {
    expect(property(encoded)).toBe(text);
  });

  it.each([
    ['binary', 'a002fffe', 'fffe'],
    ['decimal32', '74 01020304', '01020304'],
    ['decimal64', '84 0102030405060708', '0102030405060708'],
    ['decimal128', '94 00112233445566778899aabbccddeeff', '00112233445566778899aabbccddeeff'],
    ['text that is no UTF-8', 'a102fffe', 'fffe'],
  ])('that are no text are carried as bytes: %s', (_, encoded, bytes) => {
    expect(property(encoded)).toEqual(Buffer.from(bytes, 'hex'));
  });

  it.each([
    ['data', '005375a00161', 'a'],
    ['data in pieces', '005375a00161005375a00162', 'ab'],
    ['data under its name', '00a310616d71703a646174613a62696e617279a00161', 'a'],
    ['no body', '00537045', null],
    ['null', '00537740', null],
    ['text', '005377a10161', 'a'],
    ['bytes', '005377a00161', 'a'],
    ['a number', '0053775507', '7'],
    ['a time', '005377830000000000000000', '1970-01-01T00:00:00.000Z'],
    ['a map', '005377c10602a101615501', '{"a":1}'],
    ['a sequence', '005376c00602a101615501', '["a",1]'],
    ['sequences', '005376c003015501005376c003015502', '[1,2]'],
  ])('are bodies: %s', (_, encoded, body) => {
    expect(bodyOf(encoded)).toBe(body);
  });
});

describe('a message of others', () => {
  it('has properties of any type, names that repeat, and none that is lost', () => {
    const { properties, contentType } = readMessage(
      Buffer.concat([
        // message-id (uuid), user-id, to … content-type.
        section(
          0x73,
          ...hex('c0 25 07 98 00112233445566778899aabbccddeeff a002fffe 40 40 40 80ffffffffffffffff a30161'),
        ),
        section(0x74, ...hex('c1 17 06 a10161 5501 a10161 5502 a109 5f5f70726f746f5f5f 40')),
      ]),
    );

    expect(contentType).toBe('a');
    expect(properties).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['__proto__', 'null'],
    ]);
  });

  it.each([
    ['ends too soon', '005375b000000010 6162'],
    ['nests without an end', `005377${'c0ff01'.repeat(100)}`],
    ['claims more than it holds', '005377d00000000affffffff'],
    ['claims an array of nothing', '005377f000000005ffffffff40'],
    ['describes without an end', `00${'00'.repeat(200)}`],
    ['has a section that no message has', '00537940'],
    ['has properties that are no list', '005373a10161'],
    ['is none', '6162'],
  ])('that %s is its body from there on', (_, encoded) => {
    const bytes = Buffer.from(hex(encoded));
    const before = section(0x74, ...hex('c1 07 02 a10161 a10162'));
    const { body, properties } = readMessage(Buffer.concat([before, bytes]));

    expect(properties).toEqual([['a', 'b']]);
    expect(body).toEqual(bytes);
  });

  it('keeps its body where only its footer is none', () => {
    expect(bodyOf('005375a00161005378ff')).toBe('a');
  });

  it('is read in one pass, however many annotations it has, and in however many maps', () => {
    // The time limit of the test is what finds out: with a copy for each of them this takes hours.
    const many = 100_000;
    const entry = [0xa3, 1, 0x6e, 0x41];
    const one = section(0x72, 0xd1, ...wide(4 + many * entry.length), ...wide(many * 2));
    const sections = [
      Buffer.concat([one, Buffer.alloc(many * entry.length, Buffer.from(entry))]),
      Buffer.alloc(many * 10, section(0x72, 0xc1, entry.length + 1, 2, ...[0xa3, 1, 0x6e, 0x40])),
    ];
    for (const bytes of sections) expect(readMessage(bytes).annotations).toHaveLength(many);
  });

  it('reads as the AMQP layer writes it', () => {
    const sent = message.encode({
      message_id: types.wrap_ulong(7),
      content_type: 'application/json',
      application_properties: { n: 1.5, b: true, t: new Date(0), u: null, list: types.wrap_list([1, 'a']) },
      body: message.data_sections([Buffer.from('a'), Buffer.from('b')]),
    });
    const read: AmqpMessage = readMessage(sent);

    expect(read.contentType).toBe('application/json');
    expect(read.body).toEqual(Buffer.from('ab'));
    expect(Object.fromEntries(read.properties)).toMatchObject({ n: '1.5', b: 'true', u: 'null', list: '[1,"a"]' });
  });
});
