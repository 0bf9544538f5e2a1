import fc from 'fast-check';
import rhea from 'rhea';
import { expect, it } from 'vitest';
import { deliveredEvent, readPublication } from '../src/amqp/events.ts';

const batchFormat = 0x80_01_37_00;

function batchOf(key: string | null, ...bodies: readonly unknown[]): Buffer {
  const events = bodies.map((body) =>
    rhea.message.encode({ body, message_annotations: { mine: 1 }, application_properties: { a: 'b' } }),
  );
  return rhea.message.encode({
    ...(key === null ? {} : { message_annotations: { 'x-opt-partition-key': key } }),
    body: rhea.message.data_sections(events),
  });
}

it('reads every event of a batch, and gives it back with what the service adds', () => {
  fc.assert(
    fc.property(
      fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 })),
      fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 5 }),
      (key, bodies) => {
        const { events, partitionKey } = readPublication(batchOf(key, ...bodies), batchFormat);
        expect(partitionKey).toBe(key ?? undefined);
        expect(events).toHaveLength(bodies.length);
        for (const [index, event] of events.entries()) {
          const stored = { ...event, partitionKey, sequence: index, offset: index * 100, enqueuedMs: 1_000 };
          const message = rhea.message.decode(deliveredEvent(stored, String(stored.offset), undefined));
          expect(message['body']).toBe(bodies[index]);
          expect(message['application_properties']).toEqual({ a: 'b' });
          expect(message['message_annotations']).toEqual({
            mine: 1,
            'x-opt-sequence-number': index,
            'x-opt-offset': String(index * 100),
            'x-opt-enqueued-time': new Date(1_000),
            ...(key === null ? {} : { 'x-opt-partition-key': key }),
          });
        }
      },
    ),
  );
});

it('takes nothing for a message that is none', () => {
  const valid = batchOf('key', 'one', 'two');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.nat(valid.length),
      (changes, length) => {
        const bytes = Buffer.from(valid.subarray(0, length));
        for (const [at, value] of changes) if (at < length) bytes.writeUInt8(value, at);
        try {
          const { events } = readPublication(bytes, batchFormat);
          expect(events.length).toBeLessThanOrEqual(4);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
