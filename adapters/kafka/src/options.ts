import {
  bounded,
  expected,
  isObject,
  type Duration,
  messageOf,
  type Size,
  shown,
  StreamError,
  type DeclarationOf,
  type DeclaredOptions,
  option,
  takeOptions,
} from '@isostream/core/adapter';
import type { ConnectionOptions } from 'node:tls';
import type { ConnectOptions } from './client/kafkajs-connection.ts';
import type { Sasl } from './client/kafkajs-authenticate.ts';
import type { Compression } from './client/produce-request.ts';
import { WireError } from './client/wire-error.ts';

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  /** `token` is called for each connection, and has `requestTimeout` to answer. */
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

export interface KafkaOptions {
  /** `host:port` of one broker or more; the others are learned from them. */
  readonly brokers: readonly string[];
  /** How this process appears in the brokers' logs and quotas. Default `isostream`. */
  readonly clientId?: string;
  /** `true` for the system's authorities, or options of Node's `tls.connect`: `ca`, `cert`, `key`, …. */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: KafkaSasl;
  /** Of what is written; whatever is read is decompressed. Default `none`. */
  readonly compression?: Compression;
  /** How long a silent member keeps its partitions. Default 10 s. */
  readonly sessionTimeout?: Duration;
  /**
   * How members of a group share its partitions: Kafka's `classic` protocol, the newer one of Kafka 4.0 (`consumer`), or what the
   * group's members and the brokers allow (`auto`). Default `classic`.
   */
  readonly groupProtocol?: 'classic' | 'consumer' | 'auto';
  /** Until a connection counts as failed. Default 3 s. */
  readonly connectTimeout?: Duration;
  /** Until a request counts as unanswered. Default 30 s. */
  readonly requestTimeout?: Duration;
  /** What one fetch takes from one partition at most, up to 64 MB. Default 256 KB. */
  readonly fetchBytes?: Size;
  /** What one compressed batch may unpack to; what a consumer holds unpacked at a time is bounded by it too. Up to 2 GB. Default 128 MB. */
  readonly maxUnpackedBytes?: Size;
  /** How long a fetch of partitions without new events waits at a broker, which answers at once when one comes. Default 5 s. */
  readonly fetchWait?: Duration;
  /** Where this process runs, as the brokers' `broker.rack` names it: events are then read from a replica there, if the brokers allow it. Default none. */
  readonly rackId?: string;
}

/** Options in plain units, defaults filled in. */
export interface KafkaSettings {
  readonly connect: ConnectOptions;
  readonly compression: Compression;
  readonly sessionTimeoutMs: number;
  readonly groupProtocol: 'classic' | 'consumer' | 'auto';
  readonly requestTimeoutMs: number;
  readonly fetchBytes: number;
  readonly maxUnpackedBytes: number;
  readonly fetchWaitMs: number;
  /** Empty for none. */
  readonly rackId: string;
}

const declared = {
  brokers: option.given<KafkaOptions['brokers']>({
    isAddress: true,
    inConfig: expected.like('an array of host:port', (value) => isTexts(value)),
    shownDefault: 'required',
    doc: '`host:port` of one broker or more; an IPv6 host is written in brackets. The other brokers are discovered',
  }),
  clientId: option.text({ byDefault: 'isostream', doc: "the name of this process in the brokers' logs and quotas" }),
  ssl: option.given<NonNullable<KafkaOptions['ssl']>>({
    isSecret: true,
    staysWithAddress: ['key', 'cert', 'pfx', 'passphrase'],
    inConfig: expected.like(
      'true, false or options of tls.connect',
      (value) => typeof value === 'boolean' || isObject(value),
    ),
    shownDefault: 'no TLS',
    doc: "`true` for the system's authorities, or options of Node's `tls.connect`: `ca`, `cert`, `key`, …",
  }),
  sasl: option.given<KafkaSasl>({
    isSecret: true,
    inConfig: saslInConfig,
    shownDefault: 'none',
    doc: 'who this process is: see [security](#security)',
  }),
  compression: option.oneOf({
    byDefault: 'none',
    of: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    doc: 'of what is written: `gzip`, `snappy`, `lz4`, `zstd`',
  }),
  sessionTimeout: option.duration({
    byDefault: '10s',
    doc: 'how long a silent member keeps its partitions. The brokers bound it (`group.min.session.timeout.ms`, 6 s unless changed)',
  }),
  groupProtocol: option.oneOf({
    byDefault: 'classic',
    of: ['classic', 'consumer', 'auto'],
    doc: 'how members of a group share its partitions: `classic`, `consumer` (KIP-848, Kafka 4.0), `auto`, [see below](#group-protocols)',
  }),
  connectTimeout: option.duration({ byDefault: '3s', doc: 'until a connection counts as failed' }),
  requestTimeout: option.duration({ byDefault: '30s', doc: 'until a request counts as unanswered' }),
  fetchBytes: option.size({
    byDefault: '256kb',
    most: '64mb',
    doc: 'what one fetch takes from one partition at most, up to 64 MB; a larger event comes alone',
  }),
  maxUnpackedBytes: option.size({
    byDefault: '128mb',
    most: '2gb',
    doc: 'what one compressed batch may unpack to, up to 2 GB, [see below](#compression); a larger one goes to the [dead letters](#what-cannot-be-read). What a consumer holds unpacked at a time is bounded by it too',
  }),
  fetchWait: option.duration({
    byDefault: '5s',
    doc: 'how long a fetch of partitions without new events waits at a broker, which answers at once when one comes',
  }),
  rackId: option.given<string>({
    inConfig: expected.text,
    shownDefault: 'none',
    doc: "where this process runs, as the brokers' `broker.rack` names it: events are read [from a replica there](#reading-from-the-nearest-replica)",
  }),
} satisfies DeclarationOf<KafkaOptions>;

/** The options of `createKafka` as they are declared, for docs and tools. */
export const kafkaOptions: DeclaredOptions = declared;
const mechanisms: readonly string[] = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'];

/** Throws `invalid-config` that names the option. */
export function resolveOptions(options: KafkaOptions): KafkaSettings {
  const taken = takeOptions(declared, options, { where: 'kafka' });
  const { brokers, sasl, ssl } = options;
  if (!Array.isArray(brokers) || brokers.length === 0)
    throw invalid(
      `brokers is ${Array.isArray(brokers) ? 'empty' : shown(brokers)}. Give an array of host:port, such as ['localhost:9092']`,
    );
  checkBrokers(brokers);
  if (sasl !== undefined) checkSasl(sasl);
  const { requestTimeout: requestTimeoutMs, rackId = '' } = taken;
  if (typeof rackId !== 'string' || (options.rackId !== undefined && rackId === ''))
    throw invalid(
      `rackId is ${shown(options.rackId)}. Give the name of a rack, as broker.rack has it, or leave it out`,
    );
  return {
    connect: {
      seeds: brokers,
      clientId: taken.clientId,
      ssl,
      sasl: sasl === undefined ? undefined : toKafkajsSasl(sasl, requestTimeoutMs),
      connectTimeoutMs: taken.connectTimeout,
      requestTimeoutMs,
    },
    compression: taken.compression,
    sessionTimeoutMs: taken.sessionTimeout,
    groupProtocol: taken.groupProtocol,
    requestTimeoutMs,
    fetchBytes: taken.fetchBytes,
    maxUnpackedBytes: taken.maxUnpackedBytes,
    fetchWaitMs: taken.fetchWait,
    rackId,
  };
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function saslInConfig(value: unknown): string | undefined {
  const mechanism = isObject(value) && 'mechanism' in value ? value.mechanism : undefined;
  if (typeof mechanism !== 'string' || !mechanisms.includes(mechanism))
    return `.mechanism: expected one of ${mechanisms.join(', ')}`;
  const isToken = mechanism === 'oauthbearer';
  const entries = isToken
    ? { mechanism: expected.text, token: expected.like('a function that returns a token', isFunction) }
    : { mechanism: expected.text, username: expected.text, password: expected.text };
  return expected.record(entries, Object.keys(entries))(value);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function checkBrokers(brokers: readonly unknown[]): void {
  const hasUser = brokers.some((broker) => String(broker).includes('@'));
  for (const [index, broker] of brokers.entries()) {
    const port = Number(/^(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(String(broker))?.[1] ?? Number.NaN);
    if (port > 0 && port < 65_536) continue;
    throw invalid(
      hasUser
        ? `brokers[${index}] is not host:port, and there is an @ in brokers. Give hosts there, and user and password as sasl`
        : `broker ${JSON.stringify(broker)} is not an address. Give host:port, such as 'localhost:9092'`,
    );
  }
}

function checkSasl(sasl: KafkaSasl): void {
  if (!mechanisms.includes(sasl.mechanism))
    throw invalid(`sasl.mechanism is ${shown(sasl.mechanism)}. Give one of ${mechanisms.join(', ')}`);
  if (sasl.mechanism === 'oauthbearer') {
    if (typeof sasl.token !== 'function')
      throw invalid(
        'sasl.token is not a function. Give one that returns a promise of a token; it is called for each connection',
      );
    return;
  }
  for (const name of ['username', 'password'] as const)
    if (typeof sasl[name] !== 'string' || sasl[name] === '')
      throw invalid(`sasl.${name} is missing. ${sasl.mechanism} needs username and password`);
}

function toKafkajsSasl(sasl: KafkaSasl, timeoutMs: number): Sasl {
  if (sasl.mechanism !== 'oauthbearer')
    return { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password };
  const { token } = sasl;
  const oauthBearerProvider = async (): Promise<{ readonly value: string }> => {
    try {
      const value: unknown = await bounded('sasl.token', token, timeoutMs);
      if (typeof value === 'string' && value !== '') return { value };
      throw new StreamError(
        'unauthenticated',
        `it gave ${typeof value === 'string' ? 'an empty text' : typeof value}. Return the token itself, as text`,
        { where: 'kafka' },
      );
    } catch (cause) {
      // Whoever issues the tokens may be back soon; a broker that refuses one says so itself.
      throw new WireError('token', `sasl.token failed: ${messageOf(cause)}`, {
        sent: 'no',
        cause,
      });
    }
  };
  return { mechanism: sasl.mechanism, oauthBearerProvider };
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'kafka' });
}
