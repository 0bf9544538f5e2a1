import { messageOf, bounded, type ErrorCode, type Outcome, StreamError } from '@isostream/core/adapter';
import { translate } from '@azure/core-amqp';

const where = 'event-hubs';

interface Meaning {
  readonly code: ErrorCode;
  readonly cure: string;
  /** What it says of a batch that was being sent; `unknown` unless the service refused it before it stored anything. */
  readonly outcome: Outcome;
}

function meaning(code: ErrorCode, cure: string, outcome: Outcome = 'not-written'): Meaning {
  return { code, cure, outcome };
}

const gone = meaning('unavailable', 'The connection or the link was lost', 'unknown');
const slow = meaning('timeout', 'The service did not answer in time', 'unknown');
const busy = meaning('throttled', 'The namespace is over its throughput. Buy more units, or send less');

/** What the codes of `MessagingError` mean to isostream. Source: ConditionErrorNameMapper of @azure/core-amqp. */
const meanings: Readonly<Record<string, Meaning>> = {
  MessagingEntityNotFoundError: meaning(
    'unknown-topic',
    "The hub or the consumer group does not exist. Create it, or connect with topology: 'ensure' and the option management",
  ),
  MessagingEntityDisabledError: meaning('unavailable', 'The hub is disabled. Enable it'),
  MessagingEntityAlreadyExistsError: meaning('conflict', 'It exists'),
  UnauthorizedError: meaning('unauthenticated', 'Check the key or the credential, and the roles that it has'),
  InvalidOperationError: meaning('unsupported', 'The tier of the namespace does not offer this'),
  NotImplementedError: meaning('unsupported', 'The service does not offer this'),
  MessageTooLargeError: meaning('event-too-large', 'The batch is larger than the namespace takes'),
  QuotaExceededError: meaning('throttled', 'A quota of the namespace is used up'),
  ServerBusyError: busy,
  SenderBusyError: meaning('throttled', 'The service grants no credit to send'),
  SenderNotReadyError: meaning('unavailable', 'The link is not ready'),
  InsufficientCreditError: meaning('throttled', 'The service grants no credit to send'),
  ArgumentError: meaning('internal', 'The service refuses an argument'),
  ArgumentOutOfRangeError: meaning('unknown-topic', 'The partition does not exist'),
  ReceiverDisconnectedError: meaning('lease-lost', 'A reader with a higher owner level took the partition'),
  ServiceUnavailableError: slow,
  OperationTimeoutError: slow,
  OperationCancelledError: gone,
  InternalServerError: meaning('unavailable', 'The service failed', 'unknown'),
  DetachForcedError: gone,
  ConnectionForcedError: gone,
  ConnectionLostError: gone,
  TransferLimitExceededError: gone,
  SessionWindowViolationError: gone,
  ServiceCommunicationError: meaning('unavailable', 'Check the address of the namespace'),
};

/** Codes of sockets and name servers. Nothing is sent before a connection stands. */
const system: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: meaning('unavailable', 'Nothing listens there. Check the address of the namespace'),
  ENOTFOUND: meaning('unavailable', 'The host name cannot be resolved. Check the name of the namespace'),
  EAI_AGAIN: meaning('unavailable', 'The name server did not answer'),
};

const forbidden = meaning('unauthorized', 'Grant the key Send or Listen, or the credential a data role of Event Hubs');

const unknownOffset = meaning('position-expired', 'The service does not know the offset where reading should go on');

const tls = meaning(
  'tls',
  'Check the certificate’s authority (NODE_EXTRA_CA_CERTS), and whether the port speaks TLS at all',
);
/** It may also have been lost in the middle of the handshake, so it is tried again. */
const handshake = 'before secure TLS connection was established';
const tlsCodes =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO)|CERT_ALTNAME|certificate|wrong version number/;

/** A StreamError for anything that Microsoft's client, its AMQP layer or a socket throws. */
export function toStreamError(thrown: unknown, what: string): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const raw = deepest(thrown);
  // What a link reports has a condition; Microsoft's names for them are what is known here.
  const condition = textOf(raw, 'condition');
  const cause = condition === '' ? raw : translate({ condition, description: textOf(raw, 'description') || condition });
  const { code, cure, outcome } = isOffset(raw) ? unknownOffset : meaningOf(cause);
  const text = messageOf(cause);
  const options = { where, cause: thrown, outcome };
  if (text.includes(handshake))
    return new StreamError('tls', `${what}: ${text}. ${tls.cure}`, { ...options, retryable: true });
  return new StreamError(code, `${what}: ${text}. ${cure}`, options);
}

/** Several attempts, or several addresses of one host, come as nested aggregates without a code: the last one counts. */
function deepest(thrown: unknown): unknown {
  let found = thrown;
  for (let depth = 0; depth < 10 && found instanceof AggregateError; depth++) {
    const errors: unknown = found.errors;
    if (!Array.isArray(errors) || errors.length === 0) break;
    found = errors.at(-1);
  }
  return found;
}

function meaningOf(error: unknown): Meaning {
  const code = textOf(error, 'code');
  const name = textOf(error, 'name');
  const message = textOf(error, 'message');
  if (tlsCodes.test(code) || tlsCodes.test(message)) return tls;
  if (code === 'UnauthorizedError' && message.includes('claim(s) are required')) return forbidden;
  const known = meanings[code] ?? system[code] ?? meanings[name] ?? systemIn(message);
  if (known !== undefined) return known;
  if (name === 'AbortError') return meaning('aborted', 'The call was aborted', 'unknown');
  // Whatever else a socket reports: the next connection may stand.
  if (
    textOf(error, 'syscall') !== '' ||
    /^E[A-Z]+$/.test(code) ||
    /timeout|timed out|socket|closed|reset|failed to connect/i.test(message)
  )
    return gone;
  if (name === 'MessagingError') return meaning('unavailable', 'The service failed', 'unknown');
  return meaning('internal', 'This is an answer that no version of the client is known to give', 'unknown');
}

/** The hub was made anew, or its namespace became a replicated one, whose offsets look different. */
function isOffset(raw: unknown): boolean {
  const condition = textOf(raw, 'condition');
  if (condition.endsWith('invalid-offset')) return true;
  return condition.startsWith('com.microsoft:argument') && /offset/i.test(textOf(raw, 'description'));
}

/** The AMQP layer puts what the socket said into text of its own. */
function systemIn(message: string): Meaning | undefined {
  for (const [code, known] of Object.entries(system)) if (message.includes(code)) return known;
  return undefined;
}

function textOf(error: unknown, property: string): string {
  const value = read(error, property);
  return typeof value === 'string' ? value : '';
}

/** Whatever was thrown: it may be no object, and its getters may throw in turn. */
function read(thrown: unknown, property: string): unknown {
  try {
    return typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, property) : undefined;
  } catch {
    return undefined;
  }
}

/** A StreamError for anything that Blob Storage's client throws. */
export function fromStorage(thrown: unknown, what: string): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const status = statusOf(thrown);
  const text = messageOf(thrown).split('\n')[0] ?? '';
  const error = (code: ErrorCode, cure: string): StreamError =>
    new StreamError(code, `${what}: ${text}. ${cure}`, { where, cause: thrown });
  if (status === 401) return error('unauthenticated', 'Check the key or the credential of the storage account');
  if (status === 403)
    return error('unauthorized', 'Check the storage key; a credential needs the role Storage Blob Data Contributor');
  if (status === 404) return error('invalid-config', 'The container is gone. Create it, or check its name');
  if ((status === 409 || status === 412) && (storageCodeOf(thrown) ?? '').startsWith('Lease'))
    return error(
      'unavailable',
      'It has a lease of Blob Storage, which isostream does not use. Break it. It is retried',
    );
  if (status === 409 || status === 412)
    return error('unavailable', 'Storage does not let it be written. It is retried');
  if (status === 429 || status === 503) return error('throttled', 'Storage is busy. It is retried');
  if (status === 400) return error('internal', 'Storage refuses the request');
  // No answer at all, or an answer of the servers' own trouble.
  return error('unavailable', 'Storage cannot be reached. It is retried');
}

/** Storage's own word for what it refuses; `undefined` where there is none. */
export function storageCodeOf(thrown: unknown): string | undefined {
  const code = read(thrown, 'code') ?? read(read(thrown, 'details'), 'errorCode');
  return typeof code === 'string' ? code : undefined;
}

/** The HTTP status of what a client threw; `undefined` where there was no answer. */
export function statusOf(thrown: unknown): number | undefined {
  const status = read(thrown, 'statusCode') ?? read(thrown, 'status');
  return typeof status === 'number' ? status : undefined;
}

/** Azure takes its time to create a hub, and answers within a minute. */
const managementMs = 120_000;

/** A call of the control plane. Its client is the application's own: what it throws is told as it is. */
export async function managed<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await bounded('management', call, managementMs);
  } catch (thrown) {
    throw managementError(what, thrown);
  }
}

export function managementError(what: string, thrown: unknown): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const text = messageOf(thrown);
  const status = statusOf(thrown);
  const code: ErrorCode =
    status === 401
      ? 'unauthenticated'
      : status === 403
        ? 'unauthorized'
        : status === 404
          ? 'unknown-topic'
          : // A name, a number of partitions or a retention that the service does not take.
            status === 400
            ? 'invalid-config'
            : 'internal';
  // `fetch` has no other word for an address that cannot be reached.
  const isPassing = status === 429 || (status ?? 0) >= 500 || thrown instanceof TypeError;
  return new StreamError(isPassing ? 'unavailable' : code, `${what}: the control plane answered: ${text}`, {
    where,
    cause: thrown,
  });
}
