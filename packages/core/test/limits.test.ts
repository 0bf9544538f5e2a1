import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHeaders, checkKey } from '../src/codec/limits.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { headers, key } from './support/arbitraries.ts';
import { refusal } from './support/refusal.ts';

describe('limits of keys', () => {
  it.each([
    ['empty', ''],
    ['256 letters', 'x'.repeat(256)],
    ['256 characters of four bytes', '𝄞'.repeat(256)],
    ['NUL and spaces', '\u0000 \n'],
  ])('takes %s', (_, value) => {
    expect(() => checkKey(value, 'orders')).not.toThrow();
  });

  it.each([
    ['257 letters', 'x'.repeat(257), /257 characters.*use a hash/],
    ['257 characters of four bytes', '𝄞'.repeat(257), /use a hash/],
    ['half a character', '\ud834', /well-formed/],
    ['half a character in a long key', `${'x'.repeat(100)}\udd1e`, /well-formed/],
    ['a number', 7, /of type number/],
    ['nothing', undefined, /of type undefined/],
    ['null', null, /is null/],
  ])('refuses %s', (_, value, message) => {
    const error = refusal(() => checkKey(value, 'orders'));
    expect(error).toMatchObject({ code: 'invalid-key', outcome: 'not-written' });
    expect(error.message).toMatch(message);
    expect(error.message).toContain('"orders"');
  });

  it('agrees with the definition for every text', () => {
    const texts = fc.oneof(
      key,
      fc.string({ unit: 'binary', minLength: 240, maxLength: 270 }),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 120 }),
    );
    fc.assert(
      fc.property(texts, (value) => {
        const portable = value.isWellFormed() && Array.from(value).length <= 256 && Buffer.byteLength(value) <= 1_024;
        expect(refused(() => checkKey(value, 'orders'))).toBe(!portable);
      }),
    );
  });
});

describe('limits of headers', () => {
  it('takes what every provider carries', () => {
    fc.assert(fc.property(headers, (given) => checkHeaders(given, {}, 'orders')));
  });

  it('takes 64 headers, names of 128 characters and values of 1,024 bytes', () => {
    expect(() => checkHeaders(many(64), {}, 'orders')).not.toThrow();
    expect(() => checkHeaders({ ['n'.repeat(128)]: '☺'.repeat(341), empty: '' }, {}, 'orders')).not.toThrow();
  });

  it.each([
    ['65 headers', many(65), /65 headers/],
    ['an empty name', { '': 'x' }, /name ""/],
    ['a name with a space', { 'trace id': 'x' }, /without spaces/],
    ['a name that is not ASCII', { größe: 'x' }, /printable ASCII/],
    ['a name of 129 characters', { ['n'.repeat(129)]: 'x' }, /1 to 128/],
    ['a name with a line feed at its end', { 'trace\n': 'x' }, /printable ASCII/],
    ['a value of 1,025 bytes', { a: 'x'.repeat(1_025) }, /at most 1024 bytes/],
    ['a value of 342 characters of three bytes', { a: '☺'.repeat(342) }, /at most 1024 bytes/],
    ['half a character', { a: '\ud834' }, /well-formed/],
  ])('refuses %s', (_, given, message) => {
    const error = refusal(() => checkHeaders(given, {}, 'orders'));
    expect(error).toMatchObject({ code: 'invalid-header', outcome: 'not-written' });
    expect(error.message).toMatch(message);
  });

  it.each(['ce_id', 'CE-type', 'cloudEvents:id', 'cloudevents_x', 'googclient', 'isostream-topic', 'Content-Type'])(
    'keeps the name %s to itself',
    (name) => {
      expect(refusal(() => checkHeaders({ [name]: 'x' }, {}, 'orders')).message).toContain('is reserved');
    },
  );

  it('refuses values that are not text', () => {
    for (const value of [1, null, undefined, ['x']]) {
      expect(refusal(() => checkHeaders({ a: value }, {}, 'orders')).code).toBe('invalid-header');
    }
  });
});

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`h${index}`, 'x']));
}

function refused(call: () => void): boolean {
  try {
    call();
    return false;
  } catch (error) {
    if (StreamError.is(error)) return true;
    throw error;
  }
}
