import { type ErrorCode, StreamError } from '@isostream/core';

const rights =
  'Grant glue:GetSchemaVersion, and to write also glue:GetSchemaByDefinition, glue:RegisterSchemaVersion and glue:CreateSchema';
const cures: Partial<Record<ErrorCode, string>> = {
  conflict: 'The schema is not compatible with its versions there: change it compatibly, or give it another name',
  unauthenticated: 'Check the credentials: access key, secret and session token',
  unauthorized: rights,
  undecodable: 'The event names a version that Glue does not have: check region, account, and who wrote the event',
  'invalid-config': 'Check region, registry, the name of the schema and the schema',
  unavailable: 'It is asked again',
  timeout: 'It is asked again',
  throttled: 'It is asked again',
};

/** By the name of the error, which AWS keeps stable, other than its text. */
const codes: Readonly<Record<string, ErrorCode>> = {
  InvalidInputException: 'invalid-config',
  ResourceNumberLimitExceededException: 'invalid-config',
  // Others register at the same time.
  ConcurrentModificationException: 'unavailable',
  AccessDeniedException: 'unauthorized',
  OptInRequired: 'unauthorized',
  NotAuthorized: 'unauthorized',
  UnrecognizedClientException: 'unauthenticated',
  InvalidSignatureException: 'unauthenticated',
  SignatureDoesNotMatch: 'unauthenticated',
  MissingAuthenticationToken: 'unauthenticated',
  MissingAuthenticationTokenException: 'unauthenticated',
  IncompleteSignature: 'unauthenticated',
  IncompleteSignatureException: 'unauthenticated',
  InvalidClientTokenId: 'unauthenticated',
  ExpiredToken: 'unauthenticated',
  ExpiredTokenException: 'unauthenticated',
  CredentialsProviderError: 'unauthenticated',
  TokenProviderError: 'unauthenticated',
  ThrottlingException: 'throttled',
  Throttling: 'throttled',
  RequestLimitExceeded: 'throttled',
  TooManyRequestsException: 'throttled',
  OperationTimeoutException: 'timeout',
  TimeoutError: 'timeout',
  RequestTimeout: 'timeout',
};

/** A StreamError for whatever a call to Glue throws. `missing` is what it means that something is not there. */
export function glueError(thrown: unknown, what: string, missing: ErrorCode): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const code = codeOf(thrown, missing);
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  // Glue answers a wrong signature with the whole request, and a session token is part of that.
  const reason = text.replace(/\s*The (?:Canonical String|String-to-Sign) [^]*/, '').slice(0, 300);
  return registryError(code, `AWS Glue Schema Registry: ${what}: ${reason}`, thrown);
}

export function registryError(code: ErrorCode, problem: string, cause?: unknown): StreamError {
  return new StreamError(code, `${problem}. ${cures[code] ?? ''}`.trimEnd(), { where: 'registry', cause });
}

export function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : '';
}

function codeOf(thrown: unknown, missing: ErrorCode): ErrorCode {
  const name = nameOf(thrown);
  if (name === 'EntityNotFoundException') return missing;
  const known = codes[name];
  if (known !== undefined) return known;
  if (/^region is missing/i.test(thrown instanceof Error ? thrown.message : '')) return 'invalid-config';
  const system = property(thrown, 'code');
  if (
    typeof system === 'string' &&
    /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO)/.test(system)
  )
    return 'tls';
  const status = property(property(thrown, '$metadata'), 'httpStatusCode');
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'unauthorized';
  if (status === 429) return 'throttled';
  // Nothing answered, or a gateway before the service did.
  return typeof status === 'number' && status >= 400 && status < 500 ? 'invalid-config' : 'unavailable';
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
