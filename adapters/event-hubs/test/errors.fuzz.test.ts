import { StreamError } from '@isostream/core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { fromStorage, managementError, statusOf, storageCodeOf, toStreamError } from '../src/errors.ts';

const conditions = [
  'amqp:unauthorized-access',
  'com.microsoft:argument-error',
  'amqp:not-found',
  'com.microsoft:server-busy',
];
/** What a client may throw: errors of its own, what a link says, and things that only look like it. */
const thrown = fc.oneof(
  fc.anything({ withNullPrototype: true }),
  fc.record({
    condition: fc.oneof(fc.constantFrom(...conditions), fc.string(), fc.anything()),
    description: fc.anything(),
  }),
  fc.record({ code: fc.anything(), name: fc.anything(), message: fc.anything(), statusCode: fc.anything() }),
  fc.record({ statusCode: fc.constantFrom(400, 401, 403, 404, 409, 412, 429, 500, 503), details: fc.anything() }),
  fc.anything().map((value) => Object.assign(new Error('failed'), { code: value, errorCode: value })),
  fc.array(fc.anything(), { maxLength: 3 }).map((errors) => new AggregateError(errors, 'several')),
  fc.constant({
    get message(): never {
      throw new Error('no');
    },
  }),
  fc.constant(Object.assign(() => undefined, { toString: 1 })),
);

describe('whatever a client throws', () => {
  it('becomes one of our errors', () => {
    fc.assert(
      fc.property(thrown, (value) => {
        statusOf(value);
        storageCodeOf(value);
        return [toStreamError(value, 'it'), fromStorage(value, 'it'), managementError('it', value)].every(
          (error) => StreamError.is(error) && error.where === 'event-hubs',
        );
      }),
    );
  });
});
