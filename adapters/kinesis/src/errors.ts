import { type ErrorCode, type Outcome, StreamError } from '@isostream/core/adapter';

const where = 'kinesis';

interface Meaning {
  readonly code: ErrorCode;
  readonly cure: string;
  /** Whether a write that failed so may be stored all the same; by default it is surely not. */
  readonly outcome?: Outcome;
  readonly retryable?: boolean;
}

const throttled: Meaning = {
  code: 'throttled',
  cure: 'AWS refuses the rate. Add shards for events, or ask for a higher quota for calls',
};
const unauthenticated: Meaning = {
  code: 'unauthenticated',
  cure: 'Check the credentials: access key, secret, and session token',
};
const expired: Meaning = { code: 'unauthenticated', cure: 'The credentials have expired. Get new ones' };
const wrongClock: Meaning = {
  code: 'unauthenticated',
  cure: 'This machine’s clock and that of AWS differ by minutes. Correct it; the client adapts meanwhile',
  // The client has learned the difference from this very answer.
  retryable: true,
};
const keyUnusable: Meaning = {
  code: 'unauthorized',
  cure: 'The KMS key of the stream cannot be used. Enable it, and grant kms:GenerateDataKey and kms:Decrypt',
};
const away: Meaning = { code: 'unavailable', cure: 'The service failed for the moment', outcome: 'unknown' };
const slow: Meaning = {
  code: 'timeout',
  cure: 'The service is slow, or a firewall drops the packets',
  outcome: 'unknown',
};
const unknownOperation: Meaning = { code: 'unsupported', cure: 'This service, or emulator, does not have the call' };
const refused: Meaning = { code: 'invalid-config', cure: 'Kinesis refuses a value of the call' };

/** By the name of the error, which AWS keeps stable, other than its text. */
const meanings: Readonly<Record<string, Meaning>> = {
  ResourceNotFoundException: {
    code: 'unknown-topic',
    cure: "It does not exist in this region and account. Create it, connect with topology: 'ensure', or check the region",
  },
  ResourceInUseException: { code: 'unavailable', cure: 'It is being changed at this moment' },
  TableNotFoundException: { code: 'unavailable', cure: 'It is not there, or not there yet' },
  // Both are given anew by the next call.
  ExpiredIteratorException: { code: 'unavailable', cure: 'A place to read from was kept for more than five minutes' },
  ExpiredNextTokenException: { code: 'unavailable', cure: 'A page of a list was kept for more than five minutes' },
  TransactionConflictException: { code: 'unavailable', cure: 'Another write of the item is under way' },
  ReplicatedWriteConflictException: { code: 'unavailable', cure: 'Another region writes the item' },
  UnknownOperationException: unknownOperation,
  NotImplemented: unknownOperation,
  InvalidAction: unknownOperation,
  LimitExceededException: {
    code: 'throttled',
    cure: 'Too many calls, or a quota of the account is used up. Ask AWS for a higher one if this goes on',
  },
  ProvisionedThroughputExceededException: throttled,
  ThrottlingException: throttled,
  Throttling: throttled,
  RequestLimitExceeded: throttled,
  TooManyRequestsException: throttled,
  KMSThrottlingException: throttled,
  ThrottledException: throttled,
  RequestThrottled: throttled,
  RequestThrottledException: throttled,
  RequestLimitExceededException: throttled,
  LimitExceeded: throttled,
  BandwidthLimitExceeded: throttled,
  PriorRequestNotComplete: throttled,
  SlowDown: throttled,
  AccessDeniedException: { code: 'unauthorized', cure: 'No permission. Grant the action that the message names' },
  AccessDenied: { code: 'unauthorized', cure: 'No permission. Grant the action that the message names' },
  UnauthorizedOperation: { code: 'unauthorized', cure: 'No permission. Grant the action that the message names' },
  NotAuthorized: { code: 'unauthorized', cure: 'No permission. Grant the action that the message names' },
  OptInRequired: { code: 'unauthorized', cure: 'The account is not subscribed to the service' },
  KMSAccessDeniedException: keyUnusable,
  KMSDisabledException: keyUnusable,
  KMSInvalidStateException: keyUnusable,
  KMSNotFoundException: keyUnusable,
  KMSOptInRequired: keyUnusable,
  UnrecognizedClientException: unauthenticated,
  AuthFailure: unauthenticated,
  NotAuthenticated: unauthenticated,
  InvalidTokenException: unauthenticated,
  InvalidClientTokenId: unauthenticated,
  InvalidAccessKeyId: unauthenticated,
  MissingAuthenticationToken: unauthenticated,
  MissingAuthenticationTokenException: unauthenticated,
  IncompleteSignature: unauthenticated,
  IncompleteSignatureException: unauthenticated,
  SignatureDoesNotMatch: unauthenticated,
  CredentialsProviderError: {
    code: 'unauthenticated',
    cure: 'No credentials were found. Give them as an option, in the environment, or by a role',
  },
  TokenProviderError: { code: 'unauthenticated', cure: 'The sign-on session has ended. Log in again' },
  ExpiredTokenException: expired,
  ExpiredToken: expired,
  TokenRefreshRequired: expired,
  RequestExpired: wrongClock,
  RequestTimeTooSkewed: wrongClock,
  ValidationException: refused,
  InvalidArgumentException: refused,
  SerializationException: refused,
  InvalidParameterValue: refused,
  InvalidParameterCombination: refused,
  MissingParameter: refused,
  MalformedQueryString: refused,
  InternalFailure: away,
  InternalFailureException: away,
  InternalServerError: away,
  InternalServerErrorException: away,
  InternalError: away,
  ServiceUnavailable: away,
  ServiceUnavailableException: away,
  TimeoutError: slow,
  RequestTimeout: slow,
  AbortError: { code: 'aborted', cure: 'The call was cancelled', outcome: 'unknown' },
};

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);
const broken = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'UND_ERR_SOCKET']);

/** A StreamError for anything that a call to AWS throws. Its outcome says whether a write may have happened. */
export function toStreamError(thrown: unknown, what: string): StreamError {
  if (StreamError.is(thrown)) return thrown;
  withholdRequest(thrown);
  const { code, cure, outcome = 'not-written', retryable } = meaningOf(thrown);
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new StreamError(code, `${what}: ${text === '' ? nameOf(thrown) : text}. ${cure}`, {
    where,
    cause: thrown,
    outcome,
    ...(retryable === undefined ? {} : { retryable }),
  });
}

/** A StreamError for the result of one record, which has a name and a text and was not thrown. */
export function recordError(name: string, message: string, what: string): StreamError {
  const { code, cure, outcome = 'not-written' } = meanings[name] ?? away;
  return new StreamError(code, `${what}: ${message === '' ? name : message}. ${cure}`, { where, outcome });
}

/** The name of an AWS error; empty for anything else. */
export function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : '';
}

function meaningOf(thrown: unknown): Meaning {
  const name = nameOf(thrown);
  const system = property(thrown, 'code');
  const code = typeof system === 'string' ? system : '';
  if (name === 'InvalidSignatureException')
    return /expired|not yet current/i.test(messageOf(thrown)) ? wrongClock : unauthenticated;
  // No byte left for a service that there was no connection to.
  if (name === 'TimeoutError' && messageOf(thrown).includes('without establishing a connection'))
    return { code: 'timeout', cure: 'Check the endpoint, the region and the network' };
  // Before the name: the SDK calls a connection that broke a timeout.
  if (unreachable.has(code))
    return { code: 'unavailable', cure: 'Check the region, the endpoint and the network: nothing answers there' };
  if (broken.has(code)) return { code: 'unavailable', cure: 'The connection broke', outcome: 'unknown' };
  const known = meanings[name];
  if (known !== undefined) return known;
  if (code === 'ETIMEDOUT') return slow;
  if (/^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO|HOSTNAME_MISMATCH)/.test(code))
    return { code: 'tls', cure: 'Check the endpoint and the authorities that this process trusts' };
  if (/^region is missing/i.test(messageOf(thrown)))
    return { code: 'invalid-config', cure: 'Give region, or set AWS_REGION' };
  const status = property(property(thrown, '$metadata'), 'httpStatusCode');
  if (typeof status === 'number') {
    if (status >= 500) return away;
    // Of a proxy or gateway before the service, in words of its own.
    if (status === 429) return throttled;
    if (status === 401) return unauthenticated;
    if (status === 403) return { code: 'unauthorized', cure: 'No permission, or a proxy refuses the call' };
  }
  return { code: 'internal', cure: 'isostream does not know this answer', outcome: 'unknown' };
}

/** AWS answers a wrong signature with the whole request that it read, and the session token is in its headers. */
function withholdRequest(thrown: unknown): void {
  if (!(thrown instanceof Error)) return;
  const at = thrown.message.search(/\s*The (?:Canonical String|String-to-Sign) /);
  if (at < 0) return;
  const message = thrown.message.slice(0, at);
  // The stack begins with the message.
  thrown.stack = thrown.stack?.replace(thrown.message, () => message) ?? '';
  thrown.message = message;
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : '';
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
