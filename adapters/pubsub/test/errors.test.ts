import { describe, expect, it } from 'vitest';
import { toStreamError } from '../src/errors.ts';
import { grpcError } from './support/fake-service.ts';

describe('what the service answers', () => {
  it.each([
    [1, 'unavailable', 'unknown', true],
    [2, 'unavailable', 'unknown', true],
    [3, 'invalid-config', 'not-written', false],
    [4, 'timeout', 'unknown', true],
    [5, 'unknown-topic', 'not-written', false],
    [6, 'conflict', 'not-written', false],
    [7, 'unauthorized', 'not-written', false],
    [8, 'throttled', 'not-written', true],
    [9, 'conflict', 'not-written', false],
    [10, 'unavailable', 'unknown', true],
    [11, 'invalid-config', 'not-written', false],
    [12, 'unsupported', 'not-written', false],
    [13, 'unavailable', 'unknown', true],
    [14, 'unavailable', 'unknown', true],
    [15, 'internal', 'unknown', false],
    [16, 'unauthenticated', 'not-written', false],
  ])('with status %i is %s, %s', (status, code, outcome, retryable) => {
    expect(toStreamError(grpcError(status), 'topic "t"')).toMatchObject({ code, outcome, retryable });
  });
});

it('takes a key that is disabled for a permission that is missing, as elsewhere', () => {
  const disabled = grpcError(9, 'Cloud KMS key projects/p/…/cryptoKeys/k is disabled');
  expect(toStreamError(disabled, 'x')).toMatchObject({ code: 'unauthorized', retryable: false });
});

it('says that nothing was written where no connection was made', () => {
  const refused = grpcError(14, 'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1');
  expect(toStreamError(refused, 'x')).toMatchObject({ code: 'unavailable', outcome: 'not-written' });
});

it('knows trouble with TLS by its text', () => {
  const wrong = grpcError(
    14,
    'No connection established. Last error: Error: SSL routines:ssl3_get_record:wrong version',
  );
  expect(toStreamError(wrong, 'x')).toMatchObject({ code: 'tls', retryable: false });
});

it.each([
  ['Could not load the default credentials. Browse to …', 'unauthenticated'],
  ['The file at /nowhere does not exist, or it is not a file. ENOENT', 'unauthenticated'],
  ['request to https://oauth2.googleapis.com/token failed, reason: getaddrinfo EAI_AGAIN', 'unavailable'],
  ['undefined is not a function', 'internal'],
])('knows what the authentication library says: %s', (text, code) => {
  expect(toStreamError(new Error(text), 'x')).toMatchObject({ code });
});
