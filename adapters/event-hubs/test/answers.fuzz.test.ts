import { StreamError } from '@isostream/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hubIn, partitionIn } from '../src/answers.ts';

const whole = {
  created_at: new Date(0),
  partition_ids: ['0'],
  begin_sequence_number: 0,
  last_enqueued_sequence_number: -1,
  last_enqueued_offset: '-1',
  last_enqueued_time_utc: new Date(0),
  is_partition_empty: true,
};
const strange = fc.oneof(fc.anything(), fc.date({ noInvalidDate: false }), fc.double(), fc.bigInt());
const answers = fc.oneof(
  fc.anything(),
  fc
    .tuple(fc.constantFrom(...Object.keys(whole), '__proto__'), strange)
    .map(([name, value]): unknown => ({ ...whole, [name]: value })),
);

describe('answers of the service', () => {
  it('are read, or say that they cannot be', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        try {
          expect(hubIn('orders', answer).createdOn.toISOString()).toBeTypeOf('string');
          const { beginningSequenceNumber, lastEnqueuedOn } = partitionIn('orders', '0', answer);
          return Number.isSafeInteger(beginningSequenceNumber) && !Number.isNaN(lastEnqueuedOn.getTime());
        } catch (thrown) {
          return StreamError.is(thrown) && thrown.code === 'unavailable';
        }
      }),
    );
  });

  it('are read as the service gives them', () => {
    expect(hubIn('orders', whole)).toEqual({ name: 'orders', createdOn: new Date(0), partitionIds: ['0'] });
    expect(partitionIn('orders', '0', whole)).toMatchObject({ isEmpty: true, lastEnqueuedSequenceNumber: -1 });
    expect(() => hubIn('orders', { ...whole, partition_ids: [] })).toThrow('partition_ids');
    expect(() => partitionIn('orders', '0', { ...whole, begin_sequence_number: Number.NaN })).toThrow('begin_');
  });
});
