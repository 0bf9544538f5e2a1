import { StreamError } from '@isostream/core';
import fc from 'fast-check';
import { message } from 'rhea-promise';
import { describe, expect, it } from 'vitest';
import { readMessage } from '../src/amqp/message.ts';
import { annotationsOf, fromMessage, toBatch } from '../src/message.ts';

/** Encoded values, some of which are not what they say. */
const { value } = fc.letrec<{ value: Buffer }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(fc.constantFrom(0x40, 0x41, 0x42, 0x43, 0x44, 0x45), fc.constant([])).map(encoded),
    fc.tuple(fc.constantFrom(0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56), bytes(1)).map(encoded),
    fc.tuple(fc.constantFrom(0x60, 0x61), bytes(2)).map(encoded),
    fc.tuple(fc.constantFrom(0x70, 0x71, 0x72, 0x73, 0x74), bytes(4)).map(encoded),
    fc.tuple(fc.constantFrom(0x80, 0x81, 0x82, 0x83, 0x84), bytes(8)).map(encoded),
    fc.tuple(fc.constantFrom(0x94, 0x98), bytes(16)).map(encoded),
    fc
      .tuple(fc.constantFrom(0xa0, 0xa1, 0xa3), fc.uint8Array({ maxLength: 40 }))
      .map(([code, content]) => Buffer.from([code, content.length, ...content])),
    fc
      .tuple(fc.constantFrom(0xc0, 0xc1), fc.array(tie('value'), { maxLength: 4 }))
      .map(([code, items]) => compound(code, items.length, Buffer.concat(items))),
    fc
      .tuple(tie('value'), tie('value'))
      .map(([descriptor, described]) => Buffer.concat([Buffer.of(0), descriptor, described])),
    fc.tuple(fc.nat({ max: 255 }), tie('value')).map(([count, element]) => compound(0xe0, count, element)),
  ),
}));

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

function encoded([code, content]: readonly [number, ArrayLike<number>]): Buffer {
  return Buffer.from([code, ...Array.from(content)]);
}

function compound(code: number, count: number, items: Buffer): Buffer {
  if (items.length < 255) return Buffer.from([code, items.length + 1, count, ...items]);
  const head = Buffer.alloc(9, code | 0x10);
  head.writeUInt32BE(items.length + 4, 1);
  head.writeUInt32BE(count, 5);
  return Buffer.concat([head, items]);
}

const section = fc
  .tuple(fc.constantFrom(0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79), value)
  .map(([code, content]) => Buffer.concat([Buffer.of(0, 0x53, code), content]));
const map = fc
  .tuple(fc.constantFrom(0x72, 0x74), fc.array(fc.tuple(value, value), { maxLength: 5 }))
  .map(([code, entries]) =>
    Buffer.concat([Buffer.of(0, 0x53, code), compound(0xc1, entries.length * 2, Buffer.concat(entries.flat()))]),
  );
const sections = fc.array(fc.oneof(section, map), { maxLength: 5 }).map((parts) => Buffer.concat(parts));
const broken = fc.tuple(sections, fc.nat(), fc.nat({ max: 255 }), fc.boolean()).map(([whole, at, byte, isCut]) => {
  const changed = Buffer.from(whole);
  if (changed.length > 0) changed[at % changed.length] = byte;
  return isCut ? changed.subarray(0, at % (changed.length + 1)) : changed;
});
const anything = fc.oneof(
  sections,
  broken,
  fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw)),
);

const placed = message.encode({
  body: undefined,
  message_annotations: { 'x-opt-sequence-number': 3, 'x-opt-offset': '12', 'x-opt-enqueued-time': new Date(0) },
});
const annotationsOnly = placed.subarray(0, placed.length - 4);

describe('messages of anybody', () => {
  it('are events, or say that they have no place', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const read = readMessage(raw);
        try {
          const { sequenceNumber, enqueuedMs } = annotationsOf(read);
          return Number.isSafeInteger(sequenceNumber) && !Number.isNaN(new Date(enqueuedMs).getTime());
        } catch (thrown) {
          return StreamError.is(thrown) && thrown.retryable;
        }
      }),
    );
  });

  it('that have a place are events of text and bytes', () => {
    fc.assert(
      fc.property(anything, (raw) => {
        const whole = Buffer.concat([annotationsOnly, raw]);
        const read = readMessage(whole);
        const event = fromMessage(
          whole,
          read,
          { sequenceNumber: 3, offset: '12', enqueuedMs: 0, partitionKey: null },
          '0',
        );
        const isPart = (part: unknown): boolean => typeof part === 'string' || part instanceof Uint8Array;
        return (
          (event.value === null || event.value instanceof Uint8Array) &&
          (event.key === null || isPart(event.key)) &&
          event.headers.every(([name, held]) => typeof name === 'string' && isPart(held))
        );
      }),
    );
  });
});

describe('maps of plain values', () => {
  const known = fc.constantFrom('x-opt-sequence-number', 'x-opt-offset', 'x-opt-enqueued-time', 'x-opt-partition-key');
  const name = fc.oneof(
    fc
      .tuple(fc.constantFrom(0xa1, 0xa3), known)
      .map(([code, text]) => Buffer.from([code, text.length, ...Buffer.from(text)])),
    value,
  );
  const entries = fc.array(fc.tuple(name, value), { maxLength: 8 }).map((pairs) => pairs.flat());

  /** What is read of it, or what it is refused with. */
  function readAs(raw: Buffer): unknown {
    const { properties, isWhole, body } = readMessage(raw);
    // Then its body is what was sent, and that is not the same.
    if (!isWhole) return 'not whole';
    try {
      return { properties, isWhole, body, annotations: annotationsOf(readMessage(raw)) };
    } catch (thrown) {
      return { properties, isWhole, body, thrown: String(thrown) };
    }
  }

  it.each([0x72, 0x74])('are read as all others are: section %i', (code) => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.nat({ max: 255 }), fc.boolean(), (items, at, byte, isBroken) => {
        const held = compound(0xc1, items.length, Buffer.concat(items));
        if (isBroken) held[at % held.length] = byte;
        const head = Buffer.of(0, 0x53, code);
        // Behind a descriptor of its own no map is read as a plain one.
        const described = Buffer.of(0, 0x53, 1);
        const [plain, general] = [readAs(Buffer.concat([head, held])), readAs(Buffer.concat([head, described, held]))];
        expect(plain).toEqual(general);
      }),
    );
  });
});

describe('batches', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  const part = fc.oneof(text, fc.uint8Array({ maxLength: 300 }));
  const headers = fc.uniqueArray(
    fc.tuple(
      text.filter((name) => !['__proto__', 'content-type', 'isostream-key', 'isostream-proto'].includes(name)),
      part,
    ),
    { selector: ([name]) => name, maxLength: 5 },
  );
  const event = fc.record({
    key: fc.oneof(fc.constant(null), part),
    value: fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 400 })),
    headers: fc
      .tuple(headers, fc.boolean())
      .map(([list, isTyped]) => (isTyped ? [...list, ['content-type', 'text/plain'] as const] : list)),
  });

  it('are to the AMQP layer what the events are', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 4 }), (events) => {
        const outer = field(field(message.decode(toBatch(events)), 'body'), 'content');
        const found = [outer].flat().map((each) => fieldsOf(message.decode(Buffer.from(bytesIn(each)))));
        expect(found).toEqual(
          events.map(({ key, value: bytes_, headers: list }) => ({
            properties: Object.fromEntries(
              [
                ...list.filter(([name]) => name !== 'content-type'),
                ...(key === null ? [] : [['isostream-key', key] as const]),
              ].map(([name, held]) => [name, shownPart(held)]),
            ),
            type: list.find(([name]) => name === 'content-type')?.[1],
            body: bytes_ === null ? null : shownPart(bytes_),
          })),
        );
      }),
    );
  });

  function fieldsOf(decoded: unknown): object {
    const body = field(decoded, 'body');
    const properties: object = Object(field(decoded, 'application_properties') ?? {});
    return {
      properties: Object.fromEntries(Object.keys(properties).map((name) => [name, shownPart(field(properties, name))])),
      type: field(decoded, 'content_type'),
      body: body === null ? null : shownPart(field(body, 'content')),
    };
  }

  function field(holder: unknown, name: string): unknown {
    return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
  }

  function bytesIn(held: unknown): Uint8Array {
    return held instanceof Uint8Array ? held : Buffer.alloc(0);
  }

  function shownPart(held: unknown): unknown {
    return held instanceof Uint8Array ? `bytes ${Buffer.from(held).toString('hex')}` : held;
  }
});
