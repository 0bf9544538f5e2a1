import type { AdapterConfig } from '@isostream/core/adapter';
import { type EventHubsOptions, eventHubsOptions, renamed } from './options.ts';
import type { CheckpointPlace, EventHubsPlan, ManagementPlace } from './plan.ts';
import type { ResourceManagerOptions } from './client/resource-manager.ts';
import { parseEventHubsUrl } from './url.ts';

/** How a configuration becomes an adapter of Event Hubs. Who gives no credential signs in by `DefaultAzureCredential`. */
export const eventHubsConfig: AdapterConfig = {
  options: eventHubsOptions,
  renamed,
  parse: (url) => ({ ...parseEventHubsUrl(url) }),
  async create(given) {
    const [{ createEventHubs }, { createResourceManager }] = await Promise.all([
      import('./event-hubs.ts'),
      import('./client/resource-manager.ts'),
    ]);
    const { checkpoints, management, credential, ...rest }: EventHubsPlan = given;
    // One credential for all, unless something has its own.
    const shared = once(async () => credential ?? (await defaultCredential()));
    const options = {
      ...rest,
      ...(rest.connectionString === undefined ? { credential: await shared() } : {}),
      ...(checkpoints === undefined ? {} : { checkpoints: await storageOf(checkpoints, shared) }),
      ...(management === undefined
        ? {}
        : { management: createResourceManager(await managerOf(management, rest, shared)) }),
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what code gave to the SDK is the SDK's to check
    return createEventHubs(options as EventHubsOptions);
  },
  policy: async (needs, about) => (await import('./policy.ts')).eventHubsPolicy(needs, about),
  capacity: async (demand) => (await import('./capacity.ts')).eventHubsCapacity(demand),
};

async function defaultCredential(): Promise<object> {
  const { DefaultAzureCredential } = await import('@azure/identity').catch(absent);
  return new DefaultAzureCredential();
}

/** Bundlers take an import with a `catch` for one that may be missing. */
function absent(error: unknown): never {
  throw error;
}

async function storageOf(
  { url, ...storage }: CheckpointPlace,
  shared: () => Promise<object>,
): Promise<CheckpointPlace> {
  return url === undefined ? storage : { url, credential: storage.credential ?? (await shared()) };
}

async function managerOf(
  { namespace, ...place }: ManagementPlace,
  { connectionString = '', fullyQualifiedNamespace = '' }: EventHubsPlan,
  shared: () => Promise<object>,
): Promise<ResourceManagerOptions> {
  const [, host = fullyQualifiedNamespace] = /Endpoint=sb:\/\/([^;/]+)/i.exec(connectionString) ?? [];
  // Nobody sends a token over http but to an emulator, which takes any.
  const isEmulator = place.endpoint?.startsWith('http:') === true;
  const credential = place.credential ?? (isEmulator ? anyToken : await shared());
  const manager = { ...place, namespace: namespace ?? host.split('.')[0] ?? '', credential };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what code gave to the SDK is the SDK's to check
  return manager as ResourceManagerOptions;
}

const anyToken: object = { getToken: async () => ({ token: 'emulator', expiresOnTimestamp: Infinity }) };

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
