import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { type Duration, type Size, StreamError } from '@isostream/core';
import { z } from 'zod';

export type ProviderName = 'memory' | 'kafka';

export const providerNames: readonly ['memory', 'kafka'] = ['memory', 'kafka'];

/** Settings of the in-memory provider. */
export interface MemoryConfig {
  readonly partitions?: number | undefined;
  readonly sessionTimeout?: Duration | undefined;
}

/** Settings of Apache Kafka; what the URL says as well is taken from here. */
export interface KafkaConfig {
  readonly brokers?: readonly string[] | undefined;
  readonly clientId?: string | undefined;
  /** `true` for the system's authorities, or options of Node's `tls.connect`. */
  readonly ssl?: boolean | ConnectionOptions | undefined;
  readonly sasl?: KafkaSaslConfig | undefined;
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd' | undefined;
  readonly sessionTimeout?: Duration | undefined;
  readonly connectTimeout?: Duration | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly fetchBytes?: Size | undefined;
  readonly fetchWait?: Duration | undefined;
}

export type KafkaSaslConfig =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

/** Which provider, and how it is reached. Code wins over the environment, the environment over the file. */
export interface Config {
  readonly provider?: ProviderName | undefined;
  /** Provider and address in one: `kafka://host:9092`, `memory:`. */
  readonly url?: string | undefined;
  readonly memory?: MemoryConfig | undefined;
  readonly kafka?: KafkaConfig | undefined;
}

const duration = z.union([z.number(), z.templateLiteral([z.number(), z.enum(['ms', 's', 'm', 'h', 'd'])])]);
const size = z.union([z.number(), z.templateLiteral([z.number(), z.enum(['b', 'kb', 'mb', 'gb'])])]);

const kafkaSasl = z.discriminatedUnion('mechanism', [
  z.strictObject({
    mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
    username: z.string(),
    password: z.string(),
  }),
  z.strictObject({
    mechanism: z.literal('oauthbearer'),
    token: z.custom<() => Promise<string>>(
      (value) => typeof value === 'function',
      'expected a function that returns a token',
    ),
  }),
]);

const kafkaSettings = z.strictObject({
  brokers: z.array(z.string()).optional(),
  clientId: z.string().optional(),
  ssl: z
    .union([
      z.boolean(),
      z.custom<ConnectionOptions>(
        (value) => typeof value === 'object' && value !== null,
        'expected true, false or options of tls.connect',
      ),
    ])
    .optional(),
  sasl: kafkaSasl.optional(),
  compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).optional(),
  sessionTimeout: duration.optional(),
  connectTimeout: duration.optional(),
  requestTimeout: duration.optional(),
  fetchBytes: size.optional(),
  fetchWait: duration.optional(),
});

const memorySettings = z.strictObject({ partitions: z.int().min(1).optional(), sessionTimeout: duration.optional() });

const configSchema: z.ZodType<Config> = z.strictObject({
  provider: z.enum(providerNames).optional(),
  url: z.string().optional(),
  memory: memorySettings.optional(),
  kafka: kafkaSettings.optional(),
});

export interface ConfigSources {
  readonly code?: Config;
  readonly environment?: NodeJS.ProcessEnv;
  /** Path of the file; `isostream.json` in the working directory, if there is one. */
  readonly file?: string;
}

const defaultFile = 'isostream.json';

/** Merges the three sources. Throws `invalid-config` that names the source and every wrong entry, without secrets. */
export function loadConfig({ code = {}, environment = process.env, file }: ConfigSources = {}): Config & {
  readonly provider: ProviderName;
} {
  const path = file ?? environment['ISOSTREAM_CONFIG'];
  const fromFile = readFile(path);
  const fromEnvironment = parse('the environment', {
    ...(environment['ISOSTREAM_PROVIDER'] === undefined ? {} : { provider: environment['ISOSTREAM_PROVIDER'] }),
    ...(environment['ISOSTREAM_URL'] === undefined ? {} : { url: environment['ISOSTREAM_URL'] }),
  });
  const fromCode = parse('the options of connect()', code);
  // An address belongs to its provider: who overrides the one does not get the other from below.
  const merged = [fromEnvironment, fromCode].reduce(overlay, fromFile);
  const provider = merged.provider ?? providerOf(merged.url);
  if (provider === undefined)
    throw invalid(
      `no provider is set. Set ISOSTREAM_PROVIDER to one of ${providerNames.join(', ')}, or ISOSTREAM_URL to an address such as kafka://localhost:9092`,
    );
  const fromUrl = providerOf(merged.url);
  if (fromUrl !== undefined && fromUrl !== provider)
    throw invalid(`provider is ${provider}, but url is an address of ${fromUrl}. Change one of them`);
  return { ...merged, provider };
}

function overlay(lower: Config, upper: Config): Config {
  const changesProvider =
    upper.url !== undefined ||
    (upper.provider !== undefined && upper.provider !== (lower.provider ?? providerOf(lower.url)));
  const { url: _url, provider: _provider, ...rest } = lower;
  const base = changesProvider
    ? { ...rest, ...(rest.kafka === undefined ? {} : { kafka: withoutAddress(lower) }) }
    : lower;
  return {
    ...base,
    ...upper,
    ...(base.kafka === undefined && upper.kafka === undefined ? {} : { kafka: { ...base.kafka, ...upper.kafka } }),
    ...(base.memory === undefined && upper.memory === undefined ? {} : { memory: { ...base.memory, ...upper.memory } }),
  };
}

/** Settings that do not belong to one address. Credentials that came with an address are not shown to another. */
function withoutAddress({ url, kafka = {} }: Config): KafkaConfig {
  if (url === undefined && kafka.brokers === undefined) return kafka;
  const { brokers: _brokers, sasl: _sasl, ...settings } = kafka;
  return settings;
}

function readFile(path: string | undefined): Config {
  const file = resolve(path ?? defaultFile);
  if (!existsSync(file)) {
    if (path === undefined) return {};
    throw invalid(`the file ${path} does not exist`);
  }
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return parse(`the file ${path ?? defaultFile}`, parsed);
  } catch (cause) {
    if (StreamError.is(cause)) throw cause;
    throw invalid(
      `the file ${path ?? defaultFile} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

function parse(source: string, value: unknown): Config {
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'config'}: ${issue.message}`);
  throw invalid(`${source}: ${problems.join('; ')}`);
}

function providerOf(url: string | undefined): ProviderName | undefined {
  if (url === undefined) return undefined;
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')));
  const found = providerNames.find((name) => name === scheme);
  if (found !== undefined) return found;
  throw invalid(
    `url starts with ${JSON.stringify(`${scheme}:`)}, which is no provider. Known are ${providerNames.map((name) => `${name}:`).join(', ')}`,
  );
}

export function invalid(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'config' });
}
