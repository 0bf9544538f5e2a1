import { type ErrorCode, type Outcome, StreamError } from '@isostream/core/adapter';

const where = 'pubsub';

/** The status codes of gRPC that are told apart here. Source: google.rpc.Code. */
export const status = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  unavailable: 14,
} as const;

const meanings: Readonly<Record<number, readonly [code: ErrorCode, cure: string]>> = {
  [status.cancelled]: ['unavailable', 'The call was cancelled: the connection was closed'],
  2: ['unavailable', 'The service failed for a reason that it does not name'],
  [status.invalidArgument]: ['invalid-config', 'Pub/Sub refuses a name or a setting'],
  [status.deadlineExceeded]: ['timeout', 'The service is slow or frozen, or a firewall drops the packets'],
  [status.notFound]: ['unknown-topic', "Create the topic, or connect with topology: 'ensure'"],
  [status.alreadyExists]: ['conflict', 'It exists'],
  [status.permissionDenied]: ['unauthorized', 'Grant the role that docs/providers/pubsub.md names for this call'],
  [status.resourceExhausted]: ['throttled', 'A quota of the project is used up, or a key exceeds 1 MB per second'],
  [status.failedPrecondition]: ['conflict', 'The topic or subscription is in a state that does not allow it'],
  10: ['unavailable', 'The service asks to try again'],
  11: ['invalid-config', 'Pub/Sub refuses a setting'],
  [status.unimplemented]: ['unsupported', 'The service, or the emulator, does not have this call'],
  13: ['unavailable', 'The service had an internal error'],
  [status.unavailable]: ['unavailable', 'Check the address, and that the service answers there'],
  16: ['unauthenticated', 'Check the credentials'],
};

/** What surely was not done. Everything else may have been, before the answer was lost. */
const refusals: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 9, 11, 12, 16]);

/** A StreamError for anything that Google's client throws. */
export function toStreamError(thrown: unknown, what: string): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const make = (code: ErrorCode, cure: string, outcome: Outcome): StreamError =>
    new StreamError(code, `${what}: ${text}. ${cure}`, { where, cause: thrown, outcome });
  const code = statusOf(thrown);
  if (code === undefined) return withoutStatus(text, make);
  // Nothing has left where no connection was ever made.
  const outcome = refusals.has(code) || text.includes('No connection established') ? 'not-written' : 'unknown';
  if (code === status.unavailable && /SSL|TLS|certificate|CERT_/.test(text))
    return make('tls', 'One side speaks no TLS, or the authority of the certificate is not trusted', outcome);
  if (code === status.resourceExhausted && /larger than max/i.test(text))
    return make('event-too-large', 'Send less at once', outcome);
  if (code === status.failedPrecondition && /kms|crypto ?key/i.test(text))
    return make(
      'unauthorized',
      'The KMS key of the topic cannot be used. Enable it, and let the service use it',
      outcome,
    );
  const [streamCode, cure] = meanings[code] ?? ['internal', `gRPC answered with status ${code}`];
  return make(streamCode, cure, outcome);
}

/** The gRPC status of an error; `undefined` where it never came to a call. */
export function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'number' ? thrown.code : undefined;
}

/** Errors of the authentication library carry no status. */
function withoutStatus(
  text: string,
  make: (code: ErrorCode, cure: string, outcome: Outcome) => StreamError,
): StreamError {
  if (/credential|project id|invalid_grant|private key|PEM|does not exist, or it is not a file|ENOENT/i.test(text))
    return make(
      'unauthenticated',
      'Give credentials or authClient, set GOOGLE_APPLICATION_CREDENTIALS, or PUBSUB_EMULATOR_HOST for the emulator',
      'not-written',
    );
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET|network|socket/i.test(text))
    return make('unavailable', 'Check the network: the credentials could not be exchanged for a token', 'not-written');
  return make('internal', 'This is a bug in isostream; please report it', 'unknown');
}
