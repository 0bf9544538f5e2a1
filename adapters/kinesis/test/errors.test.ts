import { describe, expect, it } from 'vitest';
import { recordError, toStreamError } from '../src/errors.ts';

describe('an error of AWS', () => {
  it.each<[name: string, code: string, retryable: boolean, outcome: string, cure: RegExp]>([
    ['ResourceNotFoundException', 'unknown-topic', false, 'not-written', /region/],
    ['AccessDeniedException', 'unauthorized', false, 'not-written', /Grant/],
    ['KMSDisabledException', 'unauthorized', false, 'not-written', /KMS key/],
    ['UnrecognizedClientException', 'unauthenticated', false, 'not-written', /access key/],
    ['ExpiredTokenException', 'unauthenticated', false, 'not-written', /expired/],
    ['CredentialsProviderError', 'unauthenticated', false, 'not-written', /environment/],
    ['RequestTimeTooSkewed', 'unauthenticated', true, 'not-written', /clock/],
    ['ProvisionedThroughputExceededException', 'throttled', true, 'not-written', /shards/],
    ['ThrottlingException', 'throttled', true, 'not-written', /rate/],
    ['LimitExceededException', 'throttled', true, 'not-written', /quota/],
    ['ValidationException', 'invalid-config', false, 'not-written', /value/],
    ['InternalFailure', 'unavailable', true, 'unknown', /moment/],
    ['ServiceUnavailable', 'unavailable', true, 'unknown', /moment/],
    ['TimeoutError', 'timeout', true, 'unknown', /slow/],
  ])('%s becomes %s', (name, code, retryable, outcome, cure) => {
    const cause = named(name, 'what AWS said');
    const error = toStreamError(cause, 'stream "s"');
    expect(error).toMatchObject({ code, retryable, outcome, where: 'kinesis', cause });
    expect(error.message).toMatch(/^kinesis: stream "s": what AWS said\. /);
    expect(error.message).toMatch(cure);
  });

  it.each<[code: string, retryable: boolean, names: readonly string[]]>([
    [
      'throttled',
      true,
      [
        'KMSThrottlingException',
        'RequestLimitExceeded',
        'TooManyRequestsException',
        'Throttling',
        'ThrottledException',
        'RequestThrottled',
        'RequestThrottledException',
        'LimitExceeded',
        'BandwidthLimitExceeded',
        'PriorRequestNotComplete',
        'SlowDown',
      ],
    ],
    [
      'unavailable',
      true,
      [
        'ResourceInUseException',
        'ExpiredIteratorException',
        'ExpiredNextTokenException',
        'TransactionConflictException',
        'ReplicatedWriteConflictException',
        'InternalServerError',
        'InternalServerErrorException',
        'InternalFailureException',
        'InternalError',
        'ServiceUnavailableException',
        'TableNotFoundException',
      ],
    ],
    [
      'unauthorized',
      false,
      [
        'AccessDenied',
        'UnauthorizedOperation',
        'NotAuthorized',
        'OptInRequired',
        'KMSAccessDeniedException',
        'KMSInvalidStateException',
        'KMSNotFoundException',
        'KMSOptInRequired',
      ],
    ],
    [
      'unauthenticated',
      false,
      [
        'ExpiredToken',
        'TokenRefreshRequired',
        'InvalidClientTokenId',
        'InvalidAccessKeyId',
        'MissingAuthenticationToken',
        'MissingAuthenticationTokenException',
        'IncompleteSignature',
        'IncompleteSignatureException',
        'SignatureDoesNotMatch',
        'AuthFailure',
        'NotAuthenticated',
        'InvalidTokenException',
        'TokenProviderError',
      ],
    ],
    ['unauthenticated', true, ['RequestExpired']],
    [
      'invalid-config',
      false,
      [
        'InvalidArgumentException',
        'SerializationException',
        'InvalidParameterValue',
        'InvalidParameterCombination',
        'MissingParameter',
        'MalformedQueryString',
      ],
    ],
    ['unsupported', false, ['UnknownOperationException', 'NotImplemented', 'InvalidAction']],
    ['timeout', true, ['RequestTimeout']],
    ['aborted', false, ['AbortError']],
  ])('is %s (retryable: %s) by each of its names', (code, retryable, names) => {
    for (const name of names)
      expect([name, toStreamError(named(name, 'x'), 'x')]).toMatchObject([name, { code, retryable }]);
  });

  it.each([
    [401, 'unauthenticated'],
    [403, 'unauthorized'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [418, 'internal'],
  ])('without a name that anybody knows is judged by its status %i: %s', (httpStatusCode, code) => {
    const error = Object.assign(named('UnknownError', 'x'), { $metadata: { httpStatusCode } });
    expect(toStreamError(error, 'x')).toMatchObject({ code });
  });

  it.each<[system: string, code: string, outcome: string]>([
    ['ECONNREFUSED', 'unavailable', 'not-written'],
    ['ENOTFOUND', 'unavailable', 'not-written'],
    ['ECONNRESET', 'unavailable', 'unknown'],
    ['ETIMEDOUT', 'timeout', 'unknown'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', 'not-written'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', 'not-written'],
  ])('of the network, %s, becomes %s', (system, code, outcome) => {
    const error = toStreamError(Object.assign(new Error('network'), { code: system }), 'x');
    expect(error).toMatchObject({ code, outcome });
  });

  it('that broke a connection is no timeout, whatever the SDK calls it', () => {
    const error = Object.assign(named('TimeoutError', 'read ECONNRESET'), { code: 'ECONNRESET' });
    expect(toStreamError(error, 'x')).toMatchObject({ code: 'unavailable', outcome: 'unknown' });
  });

  it('tells a wrong secret from a clock that is wrong', () => {
    const wrongSecret = named('InvalidSignatureException', 'The request signature we calculated does not match');
    const wrongClock = named('InvalidSignatureException', 'Signature expired: 20261121T000000Z is now earlier than …');
    expect(toStreamError(wrongSecret, 'x')).toMatchObject({ code: 'unauthenticated', retryable: false });
    expect(toStreamError(wrongClock, 'x')).toMatchObject({ code: 'unauthenticated', retryable: true });
  });

  it('knows that nothing was written where there was never a connection', () => {
    const text =
      '@smithy/node-http-handler - the request socket timed out without establishing a connection within 3000 ms';
    expect(toStreamError(named('TimeoutError', text), 'x')).toMatchObject({ code: 'timeout', outcome: 'not-written' });
  });

  it('asks for the region where none is set', () => {
    expect(toStreamError(new Error('Region is missing'), 'x')).toMatchObject({ code: 'invalid-config' });
  });

  it('that nobody knows is internal, unless its status says that the service failed', () => {
    expect(toStreamError(named('Strange', 'x'), 'x')).toMatchObject({ code: 'internal', outcome: 'unknown' });
    const failed = Object.assign(named('Strange', 'x'), { $metadata: { httpStatusCode: 503 } });
    expect(toStreamError(failed, 'x')).toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('of one record is judged by its name', () => {
    expect(recordError('ProvisionedThroughputExceededException', 'Rate exceeded', 'x')).toMatchObject({
      code: 'throttled',
      outcome: 'not-written',
    });
    expect(recordError('InternalFailure', '', 'x')).toMatchObject({ code: 'unavailable', outcome: 'unknown' });
  });
});

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
