import type { Key } from '@isostream/core/adapter';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromMessage, type ReceivedMessage, toMessage } from '../src/message.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'null', 'empty', 'base64', '__proto__', 'constructor', 'isostream-key', 'isostream-value'),
);
const odd = fc.oneof(text, fc.integer(), fc.double(), fc.constantFrom(null, undefined));
const message = fc.record(
  {
    data: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string(), fc.constant(null)),
    attributes: fc.dictionary(text, text),
    messageId: fc.option(text),
    orderingKey: fc.option(text),
    publishTime: fc.record({ seconds: odd, nanos: odd }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

describe('messages of others', () => {
  it('are events, whatever their attributes and fields', () => {
    fc.assert(
      fc.property(message, (made) => {
        const event = fromMessage({ ackId: 'a', message: made } as ReceivedMessage);
        expect(Number.isSafeInteger(event.timestamp)).toBe(true);
        expect(event.headers.every(([name, value]) => typeof name === 'string' && typeof value === 'string')).toBe(
          true,
        );
        const own = Object.keys(made.attributes ?? {}).filter((name) => !/^isostream-(?:key|value)$/.test(name));
        expect(event.headers.map(([name]) => name)).toEqual(own);
      }),
    );
  });
});

describe('messages of our own', () => {
  const name = fc.oneof(fc.stringMatching(/^[a-f]{1,20}$/), fc.constantFrom('__proto__', 'constructor', 'toString'));
  const key = fc.oneof(fc.constant(null), fc.string({ maxLength: 80 }), fc.uint8Array({ minLength: 1, maxLength: 80 }));

  it('come back as the events that they were', () => {
    fc.assert(
      fc.property(
        key,
        fc.option(fc.uint8Array({ maxLength: 40 })),
        fc.uniqueArray(fc.tuple(name, fc.string({ maxLength: 60 })), { selector: ([first]) => first }),
        (given, value, headers) => {
          const back = fromMessage({ message: toMessage({ key: given, value, headers }) });
          expect(back.headers).toEqual(headers);
          expect(back.value === null ? null : Buffer.from(back.value).toString('hex')).toBe(
            value === null ? null : Buffer.from(value).toString('hex'),
          );
          const bytes = (one: Key): string | null => (one === null ? null : Buffer.from(one).toString('hex'));
          expect(bytes(back.key)).toBe(bytes(given));
        },
      ),
    );
  });
});
