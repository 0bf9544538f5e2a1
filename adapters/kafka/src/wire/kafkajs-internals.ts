import { createRequire } from 'node:module';
import type { ConnectionOptions } from 'node:tls';

/** Parts of kafkajs's protocol layer that this driver stands on. They have no types of their own. */
export interface Connection {
  send(protocol: Protocol): Promise<unknown>;
}

export interface Protocol {
  readonly request: { readonly apiKey: number; readonly encode: () => Promise<unknown> };
  readonly response: { readonly decode: (raw: unknown) => Promise<unknown>; readonly parse: (data: unknown) => Promise<unknown> | unknown };
  readonly requestTimeout?: number;
  readonly logResponseError?: boolean;
}

export interface ConnectionPool {
  readonly host: string;
  readonly port: number;
  getConnectionByRequest(protocol: Protocol): Promise<Connection>;
}

export interface Broker {
  readonly connectionPool: ConnectionPool;
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  lookupRequest(apiKey: number, definition: unknown): (parameters: object) => Protocol;
}

export interface PoolOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl: ConnectionOptions | boolean | undefined;
  readonly sasl: object | undefined;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly socketFactory: unknown;
  readonly logger: unknown;
}

interface Internals {
  readonly Broker: new (options: { readonly connectionPool: ConnectionPool; readonly logger: unknown; readonly allowAutoTopicCreation: boolean }) => Broker;
  readonly createPoolBuilder: (options: PoolOptions) => { build(address?: { readonly host: string; readonly port: number }): Promise<ConnectionPool> };
  readonly apiKeys: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, unknown>>;
  readonly createSocketFactory: () => unknown;
  readonly logger: unknown;
  readonly encodeSubscription: (value: { readonly version: number; readonly topics: readonly string[]; readonly userData: Buffer }) => Buffer;
  readonly decodeSubscription: (buffer: Buffer) => { readonly topics: readonly string[]; readonly userData: Buffer };
  readonly encodeAssignment: (value: { readonly version: number; readonly assignment: Readonly<Record<string, readonly number[]>> }) => Buffer;
  readonly decodeAssignment: (buffer: Buffer) => { readonly assignment: Readonly<Record<string, readonly number[]>> } | null;
  readonly codecs: Record<number, () => unknown>;
  readonly filterAborted: (input: { readonly messages: readonly object[]; readonly abortedTransactions: readonly object[] }) => readonly object[];
}

let loaded: Internals | undefined;

/** Loads them when first needed; kafkajs has no `exports`, so its files can be reached by path within its pinned range. */
export function kafkajsInternals(): Internals {
  if (loaded !== undefined) return loaded;
  const load = createRequire(import.meta.url);
  const { createLogger } = load('kafkajs/src/loggers');
  const assigner = load('kafkajs/src/consumer/assignerProtocol');
  loaded = {
    Broker: load('kafkajs/src/broker'),
    createPoolBuilder: load('kafkajs/src/cluster/connectionPoolBuilder'),
    apiKeys: load('kafkajs/src/protocol/requests/apiKeys'),
    requests: load('kafkajs/src/protocol/requests').requests,
    createSocketFactory: load('kafkajs/src/network/socketFactory'),
    logger: createLogger({ level: 0, logCreator: () => () => undefined }),
    encodeSubscription: assigner.MemberMetadata.encode,
    decodeSubscription: assigner.MemberMetadata.decode,
    encodeAssignment: assigner.MemberAssignment.encode,
    decodeAssignment: assigner.MemberAssignment.decode,
    codecs: load('kafkajs/src/protocol/message/compression').Codecs,
    filterAborted: load('kafkajs/src/consumer/filterAbortedMessages'),
  };
  return loaded;
}
