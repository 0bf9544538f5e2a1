import { malformed } from './answer-reader.ts';
import { unsupportedVersion } from './kafkajs-answers.ts';
import { type ConnectOptions, KafkajsConnection, type RequestOptions } from './kafkajs-connection.ts';
import { type Address, nameOf } from './socket.ts';
import type { NodeId } from './wire.ts';
import { WireError } from './wire-error.ts';

const mostPort = 65_535;

/** One connection to each broker, made when first used and again after it broke. Retries nothing. */
export class KafkajsConnections {
  readonly #options: ConnectOptions;
  readonly #addresses: Map<NodeId, Address>;
  /** Callers at the same time share what is being opened. */
  readonly #opened = new Map<string, Promise<KafkajsConnection>>();
  readonly #usable = new Map<string, KafkajsConnection>();
  #isClosed = false;

  constructor(options: ConnectOptions, addresses: Map<NodeId, Address> = new Map()) {
    this.#options = options;
    this.#addresses = addresses;
  }

  /** Learns where a broker is. One that moved gets a new connection. Throws `malformed` where nobody can be. */
  learn(node: NodeId, host: string | null, port: number): void {
    if (host === null || host === '' || port < 1 || port > mostPort)
      throw malformed(`a broker that is at ${host ?? ''}:${port}`);
    this.#addresses.set(node, { host, port });
  }

  /** Sends one request to a broker, as {@link KafkajsConnection.request} does. */
  async send<Answer>(node: NodeId, api: string, parameters: object, options?: RequestOptions<Answer>): Promise<Answer> {
    return (await this.#to(node)).request(api, parameters, options);
  }

  /** Sends one request to whichever broker answers first in the order: those connected, then the seeds, then all known. */
  async sendToAny(api: string, parameters: object): Promise<unknown> {
    let failure: unknown;
    for (const address of this.#candidates()) {
      try {
        return await (await this.#connection(address)).request(api, parameters);
      } catch (error) {
        failure = error;
        // Another broker would say the same.
        if (error instanceof WireError && (error.failure === 'authentication' || error.code === unsupportedVersion))
          throw error;
      }
    }
    throw failure;
  }

  /** At once: nothing that still waits gets an answer. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#usable.values()) connection.close();
  }

  #to(node: NodeId): Promise<KafkajsConnection> {
    const address = this.#addresses.get(node);
    if (address === undefined)
      return Promise.reject(new WireError('connect', `broker ${node} is not known`, { sent: 'no' }));
    return this.#connection(address);
  }

  *#candidates(): Iterable<Address> {
    const tried = new Set<string>();
    for (const address of [
      ...this.#connected(),
      ...this.#options.seeds.map(parseAddress),
      ...this.#addresses.values(),
    ]) {
      if (tried.has(nameOf(address))) continue;
      tried.add(nameOf(address));
      yield address;
    }
  }

  /** Idle ones first: a broker that is frozen still owes an answer. */
  #connected(): Address[] {
    const usable = [...this.#usable.values()].filter((connection) => !connection.isSpent);
    return usable.toSorted((a, b) => a.waiting - b.waiting).map((connection) => connection.address);
  }

  #connection(address: Address): Promise<KafkajsConnection> {
    if (this.#isClosed) return Promise.reject(new WireError('closed', 'the connections are closed', { sent: 'no' }));
    const name = nameOf(address);
    const usable = this.#usable.get(name);
    if (usable?.isSpent === true) {
      this.#forget(name);
      usable.retire();
    }
    let opened = this.#opened.get(name);
    if (opened === undefined) this.#opened.set(name, (opened = this.#open(address, name)));
    return opened;
  }

  async #open(address: Address, name: string): Promise<KafkajsConnection> {
    try {
      const connection = await KafkajsConnection.open(address, this.#options);
      if (this.#isClosed) connection.close();
      this.#usable.set(name, connection);
      return connection;
    } catch (error) {
      this.#forget(name);
      throw error;
    }
  }

  #forget(name: string): void {
    this.#usable.delete(name);
    this.#opened.delete(name);
  }
}

/** `host:port`, the host in brackets if it is an IPv6 address. */
function parseAddress(seed: string): Address {
  const colon = seed.lastIndexOf(':');
  return { host: seed.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(seed.slice(colon + 1)) };
}
