import { MessagingError } from '@azure/core-amqp';
import { describe, expect, it } from 'vitest';
import { fromStorage, managementError, toStreamError } from '../src/errors.ts';

function messaging(code: string, text = code): MessagingError {
  const error = new MessagingError(text);
  error.code = code;
  return error;
}

describe('errors of the client', () => {
  it.each([
    ['MessagingEntityNotFoundError', 'unknown-topic', 'not-written', false],
    ['UnauthorizedError', 'unauthenticated', 'not-written', false],
    ['MessageTooLargeError', 'event-too-large', 'not-written', false],
    ['ServerBusyError', 'throttled', 'not-written', true],
    ['QuotaExceededError', 'throttled', 'not-written', true],
    ['ReceiverDisconnectedError', 'lease-lost', 'not-written', false],
    ['OperationTimeoutError', 'timeout', 'unknown', true],
    ['ServiceUnavailableError', 'timeout', 'unknown', true],
    ['DetachForcedError', 'unavailable', 'unknown', true],
    ['ConnectionForcedError', 'unavailable', 'unknown', true],
    ['InternalServerError', 'unavailable', 'unknown', true],
    ['ECONNREFUSED', 'unavailable', 'not-written', true],
    ['ECONNRESET', 'unavailable', 'unknown', true],
  ])('%s is %s, %s', (code, expected, outcome, retryable) => {
    expect(toStreamError(messaging(code), 'topic "t"')).toMatchObject({ code: expected, outcome, retryable });
  });

  it('say how what is missing is created', () => {
    expect(toStreamError(messaging('MessagingEntityNotFoundError'), 'topic "t"').message).toContain(
      "Create it, or connect with topology: 'ensure' and the option management",
    );
  });

  it('are found in aggregates, however deep', () => {
    const several = (...errors: readonly Error[]): AggregateError => new AggregateError(errors, 'several');
    const nested = several(
      messaging('OperationTimeoutError'),
      several(messaging('ServerBusyError'), several(messaging('UnauthorizedError'))),
    );

    expect(toStreamError(nested, 't')).toMatchObject({ code: 'unauthenticated', cause: nested });
  });

  it('of links are known by their conditions', () => {
    const link = (condition: string, description = ''): unknown => ({ condition, description });

    expect(toStreamError(link('amqp:link:stolen'), 't').code).toBe('lease-lost');
    expect(toStreamError(link('amqp:link:detach-forced'), 't')).toMatchObject({ code: 'unavailable', retryable: true });
    expect(toStreamError(link('amqp:not-found', 'The messaging entity x could not be found.'), 't').code).toBe(
      'unknown-topic',
    );
    expect(toStreamError(link('com.microsoft:argument-error', "The supplied offset '9' is invalid"), 't').code).toBe(
      'position-expired',
    );
    expect(toStreamError(link('com.microsoft:georeplication:invalid-offset'), 't').code).toBe('position-expired');
  });

  it('tell missing permission from missing identity', () => {
    const error = messaging('UnauthorizedError', "Unauthorized access. 'Send' claim(s) are required");
    expect(toStreamError(error, 't').code).toBe('unauthorized');
  });

  it.each(['CERT_HAS_EXPIRED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'EPROTO'])('%s is tls', (code) => {
    expect(toStreamError(Object.assign(new Error(code), { code }), 't').code).toBe('tls');
  });

  it('nobody knows are internal, and nobody tries again', () => {
    expect(toStreamError(new RangeError('odd'), 't')).toMatchObject({ code: 'internal', retryable: false });
    expect(toStreamError('odd', 't')).toMatchObject({ code: 'internal', outcome: 'unknown' });
  });
});

describe('errors of storage', () => {
  it.each([
    [401, 'unauthenticated'],
    [403, 'unauthorized'],
    [404, 'invalid-config'],
    [503, 'throttled'],
    [500, 'unavailable'],
    [undefined, 'unavailable'],
  ])('%s is %s', (statusCode, code) => {
    expect(fromStorage(Object.assign(new Error('x'), { statusCode }), 'container').code).toBe(code);
  });
});

describe('errors of the control plane', () => {
  it('keep what its client threw', () => {
    const thrown = Object.assign(new Error('no'), { statusCode: 403 });
    expect(managementError('hub', thrown)).toMatchObject({ code: 'unauthorized', cause: thrown });
    expect(managementError('hub', new Error('odd'))).toMatchObject({ code: 'internal', retryable: false });
  });
});
