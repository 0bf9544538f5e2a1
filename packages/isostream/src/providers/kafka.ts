import type { ConnectionOptions } from 'node:tls';
import type { Duration, Size } from '@isostream/core';
import { z } from 'zod';
import { invalid } from '../invalid-config.ts';
import { parseKafkaUrl } from './kafka-url.ts';
import { absent, definedOnly, duration, object, type Provider, size } from './provider.ts';

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
  readonly maxUnpackedBytes?: Size | undefined;
  readonly fetchWait?: Duration | undefined;
}

export type KafkaSaslConfig =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

const sasl = z.discriminatedUnion('mechanism', [
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

export const kafka: Provider<KafkaConfig> = {
  scheme: 'kafka',
  settings: z.strictObject({
    brokers: z.array(z.string()).optional(),
    clientId: z.string().optional(),
    ssl: z.union([z.boolean(), object<ConnectionOptions>('true, false or options of tls.connect')]).optional(),
    sasl: sasl.optional(),
    compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).optional(),
    sessionTimeout: duration.optional(),
    connectTimeout: duration.optional(),
    requestTimeout: duration.optional(),
    fetchBytes: size.optional(),
    maxUnpackedBytes: size.optional(),
    fetchWait: duration.optional(),
  }),
  address: ['brokers'],
  credentials: ['sasl', 'ssl.key', 'ssl.cert', 'ssl.pfx', 'ssl.passphrase'],
  parse: parseKafkaUrl,
  packages: ['@isostream/kafka', 'kafkajs'],
  async create(url, config) {
    const { createKafka } = await import('@isostream/kafka').catch(absent);
    await import('kafkajs').catch(absent);
    const { brokers, ...settings } = { ...(url === undefined ? {} : parseKafkaUrl(url)), ...config };
    if (brokers === undefined)
      throw invalid('no broker is set. Set ISOSTREAM_URL to an address such as kafka://localhost:9092');
    return createKafka({ brokers, ...definedOnly(settings) });
  },
};
