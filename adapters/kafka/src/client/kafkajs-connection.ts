import { sleep, systemClock } from '@isostream/core/adapter';
import type { Socket } from 'node:net';
import { authenticate, type Sasl } from './kafkajs-authenticate.ts';
import { type Answered, AnswerFrames, mostBytes } from './answer-frames.ts';
import { malformed } from './answer-reader.ts';
import { bounded } from './kafkajs-bounds.ts';
import { certificateCodes, throttleOf, toWireError } from './kafkajs-errors.ts';
import { kafkajsInternals } from './kafkajs-internals.ts';
import type { Protocol } from './kafkajs-protocol.ts';
import { type Address, createSocket, isTls, nameOf, type Ssl } from './socket.ts';
import { newest, toVersions, type Versions } from './versions.ts';
import { WireError, type WireFailure } from './wire-error.ts';

/** How a cluster is reached. */
export interface ConnectOptions {
  readonly seeds: readonly string[];
  readonly clientId: string;
  readonly ssl: Ssl;
  readonly sasl: Sasl | undefined;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

export interface RequestOptions<Answer> {
  /** How long the service may hold the answer back by design; it comes on top of the request timeout. */
  readonly waitMs?: number;
  /** Written already, in the form of the newest version that kafkajs knows. */
  readonly body?: Buffer;
  /** Reads the answer to that version of the request instead of kafkajs. */
  readonly decode?: (frame: Buffer, version: number) => Answer;
}

interface Waiting {
  readonly resolve: (frame: Buffer) => void;
  readonly reject: (error: WireError) => void;
  readonly timer: NodeJS.Timeout;
  /** An answer that is larger is not one to this request. */
  readonly mostBytes: number;
}

/** Of an answer without records. That of a cluster with 200,000 partitions is a third of it. */
const mostBytesWithoutRecords = 32 * 1_048_576;
const keepAliveMs = 60_000;

/**
 * One socket to one broker, from connecting and authenticating to its end; it is never connected again. kafkajs encodes
 * and decodes; its own connections are not used, because two callers at once may open two sockets in one of them, and
 * closing one waits for answers that may never come.
 */
export class KafkajsConnection {
  readonly address: Address;
  readonly #name: string;
  readonly #options: ConnectOptions;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  /** Nothing until it is open. */
  #taken: Versions = {};
  #correlation = 0;
  #quietUntil = 0;
  #expiresAt = Infinity;
  #isConnected = false;
  #isRetired = false;
  #ended: { readonly failure: WireFailure; readonly message: string; readonly cause: unknown } | undefined;

  private constructor(address: Address, options: ConnectOptions) {
    this.#name = nameOf(address);
    this.address = address;
    this.#options = options;
    this.#socket = createSocket(address, options.ssl);
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, keepAliveMs);
    const frames = new AnswerFrames(this.#answers());
    this.#socket.on('data', (chunk: Buffer) => frames.received(chunk));
    this.#socket.on('error', (error) => this.#failed(error));
    this.#socket.on('close', () => this.#end('closed', 'the connection was closed'));
  }

  /** Connects and authenticates. */
  static async open(address: Address, options: ConnectOptions): Promise<KafkajsConnection> {
    const connection = create(() => new KafkajsConnection(address, options), nameOf(address));
    try {
      await connection.#connected();
      const versions = await connection.#versions();
      connection.#taken = versions;
      if (options.sasl !== undefined) await connection.#authenticate(versions, options.sasl);
      return connection;
    } catch (thrown) {
      // Nothing that anybody asked for has left. A socket that failed says more than the step that noticed.
      const error = connection.#error('no') ?? toWireError(thrown, 'no', connection.#name);
      connection.#end(error.failure, 'the connection could not be used', thrown);
      throw error;
    }
  }

  /** Requests without an answer as yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** It ended, or the service will soon end its session: the next request needs another connection. */
  get isSpent(): boolean {
    return this.#ended !== undefined || performance.now() > this.#expiresAt;
  }

  /**
   * Sends one request and resolves with the decoded answer, whatever error codes it holds. A request without an answer
   * ends the connection, and all that wait on it; so does an answer that cannot be read.
   */
  async request<Answer>(
    api: string,
    parameters: object,
    { waitMs = 0, body, decode }: RequestOptions<Answer> = {},
  ): Promise<Answer> {
    let protocol: Protocol;
    try {
      protocol = newest(this.#taken, api)(parameters);
    } catch (thrown) {
      throw toWireError(thrown, 'no', this.#name);
    }
    const request =
      body === undefined
        ? protocol.request
        : { ...protocol.request, encode: async () => ({ buf: body, buffer: body }) };
    const frame = await this.#exchange(request, this.#options.requestTimeoutMs + waitMs);
    const decoded =
      decode === undefined
        ? ((await this.#decode(protocol, frame)) as Answer)
        : await this.#reading(async () => decode(frame, request.apiVersion));
    // However long it is asked for, nobody waits longer than for an answer.
    const quietMs = Math.min(throttleOf(decoded), this.#options.requestTimeoutMs);
    this.#quietUntil = Math.max(this.#quietUntil, performance.now() + quietMs);
    return decoded;
  }

  /** At once: what waits for an answer is told that there will be none. */
  close(): void {
    this.#end('closed', 'this client closed the connection');
  }

  /** Takes no new requests, and closes with the last answer. */
  retire(): void {
    this.#isRetired = true;
    if (this.#waiting.size === 0) this.close();
  }

  #connected(): Promise<void> {
    const { connectTimeoutMs, ssl } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#end('timeout', `no connection within ${connectTimeoutMs} ms`),
        connectTimeoutMs,
      );
      this.#socket.once(isTls(ssl) ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        this.#isConnected = true;
        resolve();
      });
      this.#socket.once('close', () => {
        clearTimeout(timer);
        reject(this.#error('no') ?? new Error('the connection was closed'));
      });
    });
  }

  async #versions(): Promise<Versions> {
    const { requests } = kafkajsInternals();
    const definition = requests['ApiVersions'];
    let unsupported: unknown;
    for (const version of (definition?.versions ?? []).map(Number).toSorted((a, b) => b - a)) {
      try {
        const { request, response } = definition?.protocol({ version })() ?? {};
        if (request === undefined || response === undefined) continue;
        const frame = await this.#exchange(request, this.#options.connectTimeoutMs);
        const decoded = await this.#decode({ response }, frame);
        return toVersions(decoded);
      } catch (thrown) {
        if (thrown instanceof WireError && thrown.failure !== 'protocol') throw thrown;
        unsupported = thrown;
      }
    }
    throw unsupported;
  }

  async #authenticate(versions: Versions, sasl: Sasl): Promise<void> {
    const exchange = async (protocol: Protocol): Promise<unknown> =>
      this.#decode(protocol, await this.#exchange(protocol.request, this.#options.requestTimeoutMs));
    const lifetimeMs = await authenticate(this.address, sasl, versions, exchange);
    // The service ends the connection with the session: half of it leaves room for a request that takes long.
    if (lifetimeMs > 0) this.#expiresAt = performance.now() + lifetimeMs / 2;
  }

  #decode({ response }: Pick<Protocol, 'response'>, frame: Buffer): Promise<unknown> {
    return this.#reading(() => response.decode(bounded(frame)));
  }

  /** Whoever sends an answer that cannot be read is not believed any more. */
  async #reading<Answer>(read: () => Promise<Answer>): Promise<Answer> {
    try {
      return await read();
    } catch (thrown) {
      const known = toWireError(thrown, 'maybe', this.#name);
      // kafkajs's own errors are what an answer says; anything else is what its reader stumbled over.
      if (known.failure === 'protocol') throw known;
      const error = malformed(`${this.#name}: an answer that cannot be read: ${known.message}`, thrown);
      this.#end(error.failure, error.message.slice(this.#name.length + 2), thrown);
      throw error;
    }
  }

  async #exchange(request: Protocol['request'], timeoutMs: number): Promise<Buffer> {
    const correlationId = this.#correlation;
    this.#correlation = (this.#correlation + 1) & 0x7fffffff;
    const bytes = await this.#encode(request, correlationId);
    const quietMs = this.#quietUntil - performance.now();
    if (quietMs > 0) await sleep(systemClock, quietMs);
    return new Promise((resolve, reject) => {
      const ended = this.#error('no');
      if (ended !== undefined) return reject(ended);
      const timer = setTimeout(() => this.#end('timeout', `no answer within ${timeoutMs} ms`), timeoutMs);
      const most = request.apiName === 'Fetch' ? mostBytes : mostBytesWithoutRecords;
      this.#waiting.set(correlationId, { resolve, reject, timer, mostBytes: most });
      this.#socket.write(bytes);
    });
  }

  async #encode(request: Protocol['request'], correlationId: number): Promise<Buffer> {
    try {
      return (await kafkajsInternals().encodeRequest({ request, correlationId, clientId: this.#options.clientId }))
        .buffer;
    } catch (thrown) {
      throw toWireError(thrown, 'no', this.#name);
    }
  }

  #answers(): Answered {
    return {
      isOver: () => this.#ended !== undefined,
      mostOf: (correlationId) => this.#waiting.get(correlationId)?.mostBytes,
      answered: (correlationId, frame) => this.#answered(correlationId, frame),
      refused: (failure, message) => this.#end(failure, message),
    };
  }

  #answered(correlationId: number, frame: Buffer): void {
    const waiting = this.#waiting.get(correlationId);
    if (waiting === undefined) return;
    this.#waiting.delete(correlationId);
    clearTimeout(waiting.timer);
    waiting.resolve(frame);
    if (this.#isRetired && this.#waiting.size === 0) this.close();
  }

  #failed(error: Error): void {
    const code = 'code' in error ? String(error.code) : '';
    const isTlsTrouble = certificateCodes.test(code) || error.message.includes('before secure TLS connection');
    this.#end(isTlsTrouble ? 'tls' : this.#isConnected ? 'closed' : 'connect', error.message, error);
  }

  /** The first reason counts; the socket's own end comes after it. */
  #end(failure: WireFailure, message: string, cause?: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { failure, message: `${this.#name}: ${message}`, cause };
    this.#socket.destroy();
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(this.#error('maybe') ?? new WireError(failure, message, { sent: 'maybe' }));
    }
    this.#waiting.clear();
  }

  #error(sent: 'no' | 'maybe'): WireError | undefined {
    if (this.#ended === undefined) return undefined;
    const { failure, message, cause } = this.#ended;
    return new WireError(failure, message, { sent, cause });
  }
}

/** Certificates and keys that cannot be read are refused before anything is sent. */
function create(connection: () => KafkajsConnection, broker: string): KafkajsConnection {
  try {
    return connection();
  } catch (cause) {
    throw new WireError('tls', `${broker}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      sent: 'no',
      cause,
    });
  }
}
