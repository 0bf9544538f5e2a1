import { StreamError } from '@isostream/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { protobuf } from '../src/codecs/protobuf.ts';
import { messagesOf } from '../src/codecs/protobuf/file-messages.ts';
import { readIndex } from '../src/codecs/protobuf/message-index.ts';
import { message } from './support/proto-files.ts';

const codec = protobuf({
  messages: { placed: message('shop.Placed'), cancelled: message('shop.Cancelled') },
  longs: 'bigint',
});
const start = codec.encode({ orderId: 'a', total: 1n, parts: { a: 2n }, note: 'n' }, { topic: 't', type: 'placed' });
const valid = typeof start === 'function' ? new Uint8Array(0) : start.bytes;

it('reads any bytes as a message or refuses them', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(valid.length), fc.uint8Array({ maxLength: 20 }))
      .map(([at, more]) => Uint8Array.from([...valid.slice(0, at), ...more, ...valid.slice(at)])),
  );
  fc.assert(
    fc.property(bytes, fc.constantFrom('placed', 'cancelled'), (stored, type) => {
      try {
        const read = codec.decode(stored, { topic: 't', type, contentType: undefined, headers: [] });
        expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

it('reads any bytes as which message it is, or refuses them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        const { path, length } = readIndex(bytes);
        expect(path.length).toBeLessThanOrEqual(Math.max(1, length));
      } catch (error) {
        expect(StreamError.is(error) && error.code).toBe('undecodable');
      }
    }),
  );
});

it('takes any text as a file or throws', () => {
  const words = fc.constantFrom(
    'message',
    'A',
    '{',
    '}',
    ';',
    '"x"',
    'package',
    'group',
    '=',
    '1',
    '//',
    '/*',
    '\n',
    'CgA=',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words, { maxLength: 40 }).map((all) => all.join(' ')),
      ),
      (text) => {
        try {
          expect(Array.isArray(messagesOf(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      },
    ),
  );
});
