import type { Duration } from '@isostream/core';
import type { PubSubOptions } from '@isostream/pubsub';
import { z } from 'zod';
import { parseAddress } from './address.ts';
import { absent, definedOnly, duration, object, type Provider } from './provider.ts';

/** Settings of Google Cloud Pub/Sub; what the URL says as well is taken from here. */
export interface PubSubConfig {
  readonly projectId?: string | undefined;
  /** `host:port`; `false` where `PUBSUB_EMULATOR_HOST` is set and not meant. */
  readonly emulatorHost?: string | false | undefined;
  readonly apiEndpoint?: string | undefined;
  readonly credentials?:
    | { readonly client_email?: string | undefined; readonly private_key?: string | undefined }
    | undefined;
  /** An `AuthClient` of google-auth-library. */
  readonly authClient?: object | undefined;
  readonly sessionTimeout?: Duration | undefined;
  readonly pullers?: number | undefined;
  readonly pullEvents?: number | undefined;
  readonly pullWait?: Duration | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly topicRetention?: Duration | undefined;
}

export const pubsub: Provider<PubSubConfig> = {
  scheme: 'pubsub',
  settings: z.strictObject({
    projectId: z.string().optional(),
    emulatorHost: z.union([z.string(), z.literal(false)]).optional(),
    apiEndpoint: z.string().optional(),
    credentials: z.strictObject({ client_email: z.string(), private_key: z.string() }).optional(),
    authClient: object('an authentication client').optional(),
    sessionTimeout: duration.optional(),
    pullers: z.number().optional(),
    pullEvents: z.number().optional(),
    pullWait: duration.optional(),
    requestTimeout: duration.optional(),
    topicRetention: duration.optional(),
  }),
  renamed: { ackDeadline: 'sessionTimeout' },
  address: ['projectId', 'emulatorHost', 'apiEndpoint'],
  credentials: ['credentials', 'authClient'],
  parse: parsePubSubUrl,
  packages: ['@isostream/pubsub', '@google-cloud/pubsub', 'google-gax'],
  async create(url, config) {
    const { createPubSub } = await import('@isostream/pubsub').catch(absent);
    const settings = definedOnly({ ...(url === undefined ? {} : parsePubSubUrl(url)), ...config });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what code gave to the SDK is the SDK's to check
    return createPubSub(settings as PubSubOptions);
  },
};

/** `pubsub://project`, and `pubsub://project?emulatorHost=localhost:8085`. Throws `invalid-config`. */
export function parsePubSubUrl(url: string): PubSubConfig {
  const { host, parameters } = parseAddress(url, {
    scheme: 'pubsub',
    example: 'pubsub://project-id, or pubsub://project-id?emulatorHost=localhost:8085',
    host: /^[a-z0-9][a-z0-9.:-]*$/,
    parameters: ['emulatorHost', 'apiEndpoint'],
    takesNoUser: true,
  });
  return { ...parameters, ...(host === undefined ? {} : { projectId: host }) };
}
