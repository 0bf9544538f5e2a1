import type { ConnectionOptions } from 'node:tls';
import { type Broker, kafkajsInternals, type PoolOptions, type Protocol } from './kafkajs-internals.ts';
import { type NodeId, WireError } from './wire.ts';

/** How a cluster is reached. */
export interface ConnectOptions {
  readonly seeds: readonly string[];
  readonly clientId: string;
  readonly ssl: ConnectionOptions | boolean | undefined;
  /** In kafkajs's own form. */
  readonly sasl: object | undefined;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** One connection to each broker, made when first used and again after it broke. Retries nothing. */
export class KafkajsConnections {
  readonly #options: ConnectOptions;
  readonly #addresses = new Map<NodeId, Address>();
  readonly #brokers = new Map<string, Broker>();
  #isClosed = false;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  /** Learns where a broker is. One that moved gets a new connection. */
  learn(node: NodeId, host: string, port: number): void {
    this.#addresses.set(node, { host, port });
  }

  /** Sends one request to a broker and returns the decoded answer, whatever error codes it holds. */
  async send(node: NodeId, api: string, parameters: object, timeoutMs?: number): Promise<unknown> {
    const address = this.#addresses.get(node);
    if (address === undefined) throw new WireError('connect', `broker ${node} is not known`, { sent: 'no' });
    return this.#sendTo(address, api, parameters, timeoutMs);
  }

  /** Sends one request to whichever broker answers first in the order: those known, then the seeds. */
  async sendToAny(api: string, parameters: object): Promise<unknown> {
    let failure: unknown;
    for (const address of this.#candidates()) {
      try {
        return await this.#sendTo(address, api, parameters);
      } catch (error) {
        failure = error;
        // Another broker would say the same.
        if (error instanceof WireError && error.failure === 'authentication') throw error;
      }
    }
    throw failure;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#brokers.values()].map((broker) => broker.disconnect()));
    this.#brokers.clear();
  }

  *#candidates(): Iterable<Address> {
    const seeds = this.#options.seeds.map(parseAddress);
    const known = [...this.#addresses.values()];
    const connected = known.filter((address) => this.#brokers.get(nameOf(address))?.isConnected() === true);
    yield* connected;
    for (const address of [...seeds, ...known]) if (!connected.includes(address)) yield address;
  }

  async #sendTo(address: Address, api: string, parameters: object, timeoutMs?: number): Promise<unknown> {
    if (this.#isClosed) throw new WireError('connect', 'the connections are closed', { sent: 'no' });
    let sent: 'no' | 'maybe' = 'no';
    try {
      const broker = await this.#broker(address);
      await broker.connect();
      const { apiKeys, requests } = kafkajsInternals();
      const { request, response, ...rest } = broker.lookupRequest(apiKeys[api] ?? -1, requests[api])(parameters);
      const protocol: Protocol = {
        ...rest,
        ...(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs }),
        logResponseError: false,
        request: {
          ...request,
          encode: async () => {
            const payload = await request.encode();
            // From here on nobody can say that the bytes did not leave.
            sent = 'maybe';
            return payload;
          },
        },
        // kafkajs would throw the first partition's error and forget the rest of the answer.
        response: { decode: response.decode, parse: (data) => data },
      };
      const connection = await broker.connectionPool.getConnectionByRequest(protocol);
      return await connection.send(protocol);
    } catch (error) {
      const failure = toWireError(error, sent, nameOf(address));
      if (failure.failure !== 'codec') this.#drop(address);
      throw failure;
    }
  }

  async #broker(address: Address): Promise<Broker> {
    const name = nameOf(address);
    const known = this.#brokers.get(name);
    if (known !== undefined) return known;
    const { Broker, createPoolBuilder, createSocketFactory, logger } = kafkajsInternals();
    const { seeds, clientId, ssl, sasl, connectTimeoutMs, requestTimeoutMs } = this.#options;
    const poolOptions: PoolOptions = {
      brokers: seeds,
      clientId,
      ssl,
      sasl,
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      enforceRequestTimeout: true,
      socketFactory: createSocketFactory(),
      logger,
    };
    const connectionPool = await createPoolBuilder(poolOptions).build(address);
    const broker = this.#brokers.get(name) ?? new Broker({ connectionPool, logger, allowAutoTopicCreation: false });
    this.#brokers.set(name, broker);
    return broker;
  }

  /** A connection that failed is not used again: what was asked on it would get no answer. */
  #drop(address: Address): void {
    const broker = this.#brokers.get(nameOf(address));
    this.#brokers.delete(nameOf(address));
    // It waits for requests that may never be answered; nobody waits for it.
    broker?.disconnect().catch(() => undefined);
  }
}

function nameOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

/** `host:port`, the host in brackets if it is an IPv6 address. */
function parseAddress(seed: string): Address {
  const colon = seed.lastIndexOf(':');
  return { host: seed.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(seed.slice(colon + 1)) };
}

const certificateCodes = /CERT|ERR_SSL|ERR_TLS|UNABLE_TO_|SELF_SIGNED|EPROTO/;

function toWireError(error: unknown, sent: 'no' | 'maybe', broker: string): WireError {
  if (error instanceof WireError) return error;
  const { name, code, message } = describe(error);
  const at = `${broker}: ${message}`;
  const options = { sent, cause: error };
  if (name.includes('SASL')) return new WireError('authentication', at, options);
  if (certificateCodes.test(code) || message.includes('before secure TLS connection')) return new WireError('tls', at, options);
  if (name === 'KafkaJSRequestTimeoutError' || message === 'Connection timeout') return new WireError('timeout', at, options);
  if (name === 'KafkaJSNotImplemented') return new WireError('codec', at, options);
  if (name === 'KafkaJSConnectionClosedError') return new WireError('closed', at, options);
  if (name.startsWith('KafkaJSConnection') || name === 'KafkaJSLockTimeout') return new WireError(sent === 'no' ? 'connect' : 'closed', at, options);
  if (name.startsWith('KafkaJS') && 'type' in Object(error)) return new WireError('protocol', at, { ...options, code: Number(Object(error).code) });
  return new WireError('defect', at, options);
}

function describe(error: unknown): { readonly name: string; readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { name: '', code: '', message: String(error) };
  return { name: error.name, code: 'code' in error ? String(error.code) : '', message: error.message };
}
