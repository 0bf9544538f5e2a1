import { StreamError } from '@isostream/core';
import fc from 'fast-check';
import { message } from 'rhea-promise';
import { describe, it } from 'vitest';
import { readMessage } from '../src/amqp/message.ts';
import { annotationsOf, fromMessage } from '../src/message.ts';

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
