/**
 * Every error code, and whether the same call can succeed later without a change by the caller.
 * Programs act on the code, never on the text. A code means the same on every provider.
 */
export const errorCodes = {
  /** An option, URL, environment variable or file is wrong. */
  'invalid-config': false,
  /** No adapter package, or no provider SDK, is installed for the provider that was asked for. */
  'missing-adapter': false,
  /** The provider or topic cannot do what was asked; nothing was tried. */
  unsupported: false,
  /** An event misses its type, has a wrong field, or its key function failed. */
  'invalid-event': false,
  /** A key that not every provider can carry. */
  'invalid-key': false,
  /** A header name or value that not every provider can carry. */
  'invalid-header': false,
  /** One event is larger than the topic takes. */
  'event-too-large': false,
  /** Data does not match the schema that the topic declares for its type. */
  'schema-violation': false,
  /** Stored bytes that no codec of this topic can read, or of a type that the topic does not declare. */
  undecodable: false,
  /** The topic does not exist. */
  'unknown-topic': false,
  /** The topic exists with other properties than declared. */
  'topic-mismatch': false,
  /** The call would lose events or order and was not confirmed. */
  'consent-required': false,
  /** The same name is in use in a way that cannot be shared (a group of another protocol, a topic that exists). */
  conflict: false,
  /** Credentials are missing or wrong. */
  unauthenticated: false,
  /** Credentials are right, permission is missing. */
  unauthorized: false,
  /** TLS could not be agreed on: an untrusted certificate, or one side without TLS. */
  tls: false,
  /** The service cannot be reached, or asked to come back later. */
  unavailable: true,
  /** No answer in time. */
  timeout: true,
  /** The service refuses the rate. */
  throttled: true,
  /** The producer's buffer stayed full for `maxBlock`. */
  backpressure: true,
  /** An earlier event of the same key failed permanently, and the producer runs with `afterFailure: 'fail-key'`. */
  'key-failed': false,
  /** The client, producer or consumer was closed. */
  closed: false,
  /** The caller's signal was aborted. */
  aborted: false,
  /** This member no longer owns the partition; its settling has no effect. */
  'lease-lost': false,
  /** Retention removed events before the group read them. */
  'position-expired': false,
  /** A handler threw, or its promise was rejected. */
  'handler-failed': true,
  /** A handler did not settle in time. */
  'handler-timeout': true,
  /** A defect of ours or an answer that no adapter knows. */
  internal: false,
} as const;

export type ErrorCode = keyof typeof errorCodes;
