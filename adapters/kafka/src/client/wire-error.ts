export type WireFailure =
  | 'protocol'
  | 'connect'
  | 'closed'
  | 'timeout'
  | 'authentication'
  | 'token'
  | 'tls'
  /** What answers does not keep to the protocol. */
  | 'malformed'
  /** Stored records that cannot be read. */
  | 'undecodable'
  | 'codec'
  | 'defect';

/** What went wrong on the wire, before anybody says what it means. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly failure: WireFailure;
  /** Kafka's error code; 0 where the service did not answer. */
  readonly code: number;
  /** Whether the request may have reached the service. */
  readonly sent: 'no' | 'maybe';

  constructor(
    failure: WireFailure,
    message: string,
    options: { readonly code?: number; readonly sent: 'no' | 'maybe'; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.code = options.code ?? 0;
    this.sent = options.sent;
  }
}
