import type { Duration, Size } from '@isostream/core';
import type { KinesisOptions } from '@isostream/kinesis';
import { z } from 'zod';
import { parseAddress } from './address.ts';
import { absent, definedOnly, duration, object, type Provider, size } from './provider.ts';

/** Settings of Amazon Kinesis; what the URL says as well is taken from here. */
export interface KinesisConfig {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly dynamoEndpoint?: string | undefined;
  /** As the AWS SDK takes them: keys, or a function that finds them. */
  readonly credentials?: AwsCredentials | undefined;
  readonly leaseTable?: string | undefined;
  readonly sessionTimeout?: Duration | undefined;
  readonly discovery?: Duration | undefined;
  readonly pollInterval?: Duration | undefined;
  readonly readRecords?: number | undefined;
  readonly connectTimeout?: Duration | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly requestBytes?: Size | undefined;
  readonly requestsInFlight?: number | undefined;
  readonly aggregation?: boolean | undefined;
  readonly undeclaredPartitions?: number | 'on-demand' | undefined;
  /** A request handler of the AWS SDK. */
  readonly requestHandler?: object | undefined;
}

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

export type AwsCredentials = AwsKeys | (() => Promise<AwsKeys>);

export const kinesis: Provider<KinesisConfig> = {
  scheme: 'kinesis',
  settings: z.strictObject({
    region: z.string().optional(),
    endpoint: z.string().optional(),
    dynamoEndpoint: z.string().optional(),
    credentials: z
      .custom<AwsCredentials>(
        (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
        'expected credentials as the AWS SDK takes them',
      )
      .optional(),
    leaseTable: z.string().optional(),
    sessionTimeout: duration.optional(),
    discovery: duration.optional(),
    pollInterval: duration.optional(),
    readRecords: z.number().optional(),
    connectTimeout: duration.optional(),
    requestTimeout: duration.optional(),
    requestBytes: size.optional(),
    requestsInFlight: z.number().optional(),
    aggregation: z.boolean().optional(),
    undeclaredPartitions: z.union([z.number(), z.literal('on-demand')]).optional(),
    requestHandler: object('a request handler of the AWS SDK').optional(),
  }),
  renamed: { lease: 'sessionTimeout' },
  address: ['region', 'endpoint', 'dynamoEndpoint'],
  credentials: ['credentials'],
  parse: parseKinesisUrl,
  packages: ['@isostream/kinesis', '@aws-sdk/client-kinesis', '@aws-sdk/client-dynamodb', '@smithy/node-http-handler'],
  async create(url, config) {
    const { createKinesis } = await import('@isostream/kinesis').catch(absent);
    const settings = definedOnly({ ...(url === undefined ? {} : parseKinesisUrl(url)), ...config });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what code gave to the SDK is the SDK's to check
    return createKinesis(settings as KinesisOptions);
  },
};

/**
 * `kinesis://eu-west-1`; `endpoint` and `dynamoEndpoint` as parameters, for emulators and private links, and the keys of an
 * emulator in front: `kinesis://id:secret@eu-west-1`. Throws `invalid-config`.
 */
export function parseKinesisUrl(url: string): KinesisConfig {
  const { host, user, password, parameters } = parseAddress(url, {
    scheme: 'kinesis',
    example: 'kinesis://eu-west-1, or kinesis://keyId:key@eu-west-1',
    host: /^[a-z0-9-]+$/,
    parameters: ['endpoint', 'dynamoEndpoint', 'leaseTable'],
  });
  return {
    ...parameters,
    ...(host === undefined ? {} : { region: host }),
    ...(user === undefined || password === undefined
      ? {}
      : { credentials: { accessKeyId: user, secretAccessKey: password } }),
  };
}
