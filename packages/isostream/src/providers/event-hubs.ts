import type { Duration, Size } from '@isostream/core';
import type { EventHubsOptions, ResourceManagerOptions } from '@isostream/event-hubs';
import { z } from 'zod';
import { invalid } from '../invalid-config.ts';
import { parseAddress } from './address.ts';
import { absent, definedOnly, duration, object, type Provider, size } from './provider.ts';

/** Settings of Azure Event Hubs; what the URL says as well is taken from here. */
export interface EventHubsConfig {
  readonly connectionString?: string | undefined;
  /** `name.servicebus.windows.net`, with a credential. */
  readonly fullyQualifiedNamespace?: string | undefined;
  /** As Azure's clients take them. Default `DefaultAzureCredential` of @azure/identity where there is no connection string. */
  readonly credential?: object | undefined;
  /** Where groups keep their positions. */
  readonly checkpoints?: CheckpointConfig | undefined;
  /** How hubs and consumer groups are made; absent where they are made elsewhere. */
  readonly management?: ManagementConfig | undefined;
  readonly consumerGroup?: ((group: string) => string) | undefined;
  readonly readerConsumerGroup?: string | undefined;
  readonly customEndpointAddress?: string | undefined;
  readonly webSocketOptions?: object | undefined;
  readonly sessionTimeout?: Duration | undefined;
  readonly discovery?: Duration | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly prefetch?: { readonly events?: number | undefined; readonly bytes?: Size | undefined } | undefined;
}

/** A container of Azure Blob Storage: by connection string and name, or by its URL and a credential (the same default). */
export interface CheckpointConfig {
  readonly connectionString?: string | undefined;
  readonly container?: string | undefined;
  readonly url?: string | undefined;
  readonly credential?: object | undefined;
}

/** The namespace as Azure Resource Manager knows it. */
export interface ManagementConfig {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Default: the first part of the namespace's host. */
  readonly namespace?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly credential?: object | undefined;
}

const managementSettings = z.strictObject({
  subscriptionId: z.string(),
  resourceGroup: z.string(),
  namespace: z.string().optional(),
  endpoint: z.string().optional(),
  credential: object('a credential of @azure/identity').optional(),
});

export const eventHubs: Provider<EventHubsConfig> = {
  scheme: 'eventhubs',
  settings: z.strictObject({
    connectionString: z.string().optional(),
    fullyQualifiedNamespace: z.string().optional(),
    credential: object('a credential of @azure/identity').optional(),
    checkpoints: z
      .strictObject({
        connectionString: z.string().optional(),
        container: z.string().optional(),
        url: z.string().optional(),
        credential: object('a credential of @azure/identity or @azure/storage-blob').optional(),
      })
      .optional(),
    management: managementSettings.optional(),
    consumerGroup: z
      .custom<(group: string) => string>(
        (value) => typeof value === 'function',
        'expected a function from name to name',
      )
      .optional(),
    readerConsumerGroup: z.string().optional(),
    customEndpointAddress: z.string().optional(),
    webSocketOptions: object('options as @azure/event-hubs takes them').optional(),
    sessionTimeout: duration.optional(),
    discovery: duration.optional(),
    requestTimeout: duration.optional(),
    prefetch: z.strictObject({ events: z.number().optional(), bytes: size.optional() }).optional(),
  }),
  renamed: { lease: 'sessionTimeout' },
  address: ['connectionString', 'fullyQualifiedNamespace', 'customEndpointAddress'],
  credentials: ['connectionString', 'credential', 'checkpoints', 'management', 'webSocketOptions'],
  parse: parseEventHubsUrl,
  packages: [
    '@isostream/event-hubs',
    '@azure/event-hubs',
    '@azure/core-auth',
    '@azure/storage-blob',
    '@azure/identity',
  ],
  async create(url, config) {
    const { createEventHubs, createResourceManager } = await import('@isostream/event-hubs').catch(absent);
    const { checkpoints, management, credential, ...rest } = definedOnly({
      ...(url === undefined ? {} : parseEventHubsUrl(url)),
      ...config,
    });
    // One credential for all, unless something has its own.
    const shared = once(async () => credential ?? (await defaultCredential()));
    const settings = {
      ...rest,
      ...(rest.connectionString === undefined ? { credential: await shared() } : {}),
      ...(checkpoints === undefined ? {} : { checkpoints: await storageOf(checkpoints, shared) }),
      ...(management === undefined
        ? {}
        : { management: createResourceManager(await managerOf(management, rest, shared)) }),
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what code gave to the SDK is the SDK's to check
    return createEventHubs(settings as EventHubsOptions);
  },
};

async function defaultCredential(): Promise<object> {
  const { DefaultAzureCredential } = await import('@azure/identity').catch(absent);
  return new DefaultAzureCredential();
}

async function storageOf(
  { url, ...storage }: CheckpointConfig,
  shared: () => Promise<object>,
): Promise<CheckpointConfig> {
  return url === undefined ? storage : { url, credential: storage.credential ?? (await shared()) };
}

async function managerOf(
  { namespace, ...place }: ManagementConfig,
  { connectionString = '', fullyQualifiedNamespace = '' }: EventHubsConfig,
  shared: () => Promise<object>,
): Promise<ResourceManagerOptions> {
  const [, host = fullyQualifiedNamespace] = /Endpoint=sb:\/\/([^;/]+)/i.exec(connectionString) ?? [];
  // Nobody sends a token over http but to an emulator, which takes any.
  const isEmulator = place.endpoint?.startsWith('http:') === true;
  const credential = place.credential ?? (isEmulator ? anyToken : await shared());
  const manager = { ...definedOnly(place), namespace: namespace ?? host.split('.')[0] ?? '', credential };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what code gave to the SDK is the SDK's to check
  return manager as ResourceManagerOptions;
}

const anyToken: object = { getToken: async () => ({ token: 'emulator', expiresOnTimestamp: Infinity }) };

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/**
 * `eventhubs://name.servicebus.windows.net?checkpoints=https://account.blob.core.windows.net/container`; with
 * `subscriptionId` and `resourceGroup` hubs are made as well. With `keyName:key@` in front of the host no Azure credential is
 * needed for the namespace, and with `container` none for `checkpoints`, which is then a connection string. `emulator=true` for
 * one without TLS, and its Resource Manager as `management`. Throws `invalid-config`.
 */
export function parseEventHubsUrl(url: string): EventHubsConfig {
  const { host, user, password, parameters } = parseAddress(url, {
    scheme: 'eventhubs',
    example:
      'eventhubs://name.servicebus.windows.net?checkpoints=https://account.blob.core.windows.net/container, or eventhubs://keyName:key@name.servicebus.windows.net',
    host: /^[A-Za-z0-9.-]+(?::\d{1,5})?$/,
    parameters: ['checkpoints', 'container', 'subscriptionId', 'resourceGroup', 'management', 'emulator'],
  });
  const { checkpoints, container, subscriptionId, resourceGroup, management: endpoint, emulator } = parameters;
  if (`${user}${password}`.includes(';'))
    throw invalid('url has a ; in user or key, which no key of Event Hubs has. Copy the key again');
  if ((subscriptionId === undefined) !== (resourceGroup === undefined))
    throw invalid('url has one of subscriptionId and resourceGroup. Give both, or none');
  return {
    ...(host === undefined
      ? {}
      : user === undefined || password === undefined
        ? { fullyQualifiedNamespace: host }
        : { connectionString: connectionStringOf(host, user, password, emulator === 'true') }),
    ...(checkpoints === undefined
      ? {}
      : { checkpoints: container === undefined ? { url: checkpoints } : { connectionString: checkpoints, container } }),
    ...(subscriptionId === undefined || resourceGroup === undefined
      ? {}
      : { management: { subscriptionId, resourceGroup, ...(endpoint === undefined ? {} : { endpoint }) } }),
  };
}

function connectionStringOf(host: string, keyName: string, key: string, isEmulator: boolean): string {
  const development = isEmulator ? ';UseDevelopmentEmulator=true' : '';
  return `Endpoint=sb://${host};SharedAccessKeyName=${keyName};SharedAccessKey=${key}${development}`;
}
