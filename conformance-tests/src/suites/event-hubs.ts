import { createEventHubs, createResourceManager, type EventHubsAdapter } from '@isostream/event-hubs';
import { type Azurite, type EventHubsProcess, startAzurite, startEventHubs } from '@isostream/emulators';
import { TcpProxy } from '@isostream/emulators/tcp-proxy';
import type { Harness, HarnessFaults } from './harness.ts';

export interface EventHubsHarnessOptions {
  /**
   * A namespace that runs already, in which hubs are made and deleted:
   * `eventhubs://keyName:key@name.servicebus.windows.net?checkpoints=…&container=…&subscriptionId=…&resourceGroup=…`, with the
   * connection string of a storage account, and a token for Azure Resource Manager in `AZURE_ACCESS_TOKEN`. Else an
   * emulator is started.
   */
  readonly url?: string;
  readonly mode?: 'auto' | 'native' | 'docker';
  readonly progress?: (text: string) => void;
}

interface Settings {
  readonly connectionString: string;
  readonly storage: string;
  /** Azure Resource Manager, or what answers in its place. */
  readonly controlUrl: string;
  readonly container?: string;
  readonly place?: { readonly subscriptionId: string; readonly resourceGroup: string; readonly namespace: string };
}

const plain = 'UseDevelopmentEmulator=true;';
const nowhere = { subscriptionId: 'none', resourceGroup: 'none', namespace: 'none' };

const leaseMs = 6_000;

const differences: readonly string[] = [
  'the emulator is our own: throttling, latency and fail-over of the service are not to be seen on it',
  'hubs and consumer groups are there as soon as Resource Manager has answered; Azure may take some seconds',
  'keys are signed by shared access keys; Entra ID and its roles are not to be seen',
];

/** Our own emulator of Event Hubs behind a proxy that breaks its connections, and Azurite behind another. Throws `BrokerUnavailable`. */
export async function eventHubsHarness(options: EventHubsHarnessOptions = {}): Promise<Harness> {
  const { url, mode = 'auto', progress = () => undefined } = options;
  if (url !== undefined) return remoteHarness(url);
  const [events, blobs] = [await TcpProxy.listen(), await TcpProxy.listen()];
  const closing: (() => Promise<void>)[] = [() => events.close(), () => blobs.close()];
  const close = async (): Promise<void> => {
    for (const end of closing.toReversed()) await end();
  };
  try {
    const azurite = await startAzurite({ mode, progress });
    closing.push(() => azurite.stop());
    const emulator = await startEventHubs({ progress });
    closing.push(async () => emulator[Symbol.asyncDispose]());
    events.to(emulator.port);
    const settings = {
      connectionString: emulator.connectionString.replace(`:${emulator.port}`, `:${events.port}`),
      storage: throughProxy(azurite, blobs),
      controlUrl: emulator.controlUrl,
    };
    const broker = `isostream's own Event Hubs emulator, ${azurite.description}`;
    return harnessOf({ settings, broker, faults: faultsOf({ emulator, events, blobs }), close });
  } catch (error) {
    await close();
    throw error;
  }
}

/** Also called by member processes. */
export function createAdapter(
  { connectionString, storage, controlUrl, container = 'checkpoints', place = nowhere }: Settings,
  _clientId: string,
): EventHubsAdapter {
  const token = process.env['AZURE_ACCESS_TOKEN'] ?? 'none';
  return createEventHubs({
    connectionString,
    checkpoints: { connectionString: storage, container },
    management: createResourceManager({
      ...place,
      endpoint: controlUrl,
      credential: { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
    }),
    lease: leaseMs,
    discovery: '1s',
    requestTimeout: '5s',
  });
}

/** Without faults: nothing stands between its clients and it. */
function remoteHarness(url: string): Harness {
  const settings = settingsOf(url);
  return {
    ...harnessOf({ settings, broker: new URL(url).host, faults: undefined, close: async () => undefined }),
    clockSkewMs: 2_000,
    differences: [],
  };
}

function settingsOf(url: string): Settings {
  const { host, username, password, searchParams } = new URL(url);
  const parameter = (name: string): string => {
    const value = searchParams.get(name);
    if (value === null || value === '') throw new Error(`the URL of the namespace has no ${name}`);
    return value;
  };
  const isEmulator = searchParams.get('emulator') === 'true';
  const key = `SharedAccessKeyName=${decodeURIComponent(username)};SharedAccessKey=${decodeURIComponent(password)}`;
  return {
    connectionString: `Endpoint=sb://${host};${key};${isEmulator ? plain : ''}`,
    storage: parameter('checkpoints'),
    container: parameter('container'),
    controlUrl: searchParams.get('management') ?? 'https://management.azure.com',
    place: {
      subscriptionId: parameter('subscriptionId'),
      resourceGroup: parameter('resourceGroup'),
      namespace: host.split('.')[0] ?? '',
    },
  };
}

interface Parts {
  readonly settings: Settings;
  readonly broker: string;
  readonly faults: HarnessFaults | undefined;
  readonly close: () => Promise<void>;
}

function harnessOf({ settings, broker, faults, close }: Parts): Harness {
  return {
    name: 'event-hubs',
    broker,
    differences,
    createAdapter: (clientId) => createAdapter(settings, clientId),
    sessionTimeoutMs: leaseMs,
    clockSkewMs: 5,
    // Azurite writes two hundred blobs a second, and then has no time for anything else.
    commitIntervalMs: 200,
    quietMs: 25_000,
    faults,
    worker: { module: import.meta.url, settings },
    wrong: {
      // Port 1 is reserved and nobody listens there.
      unavailable: () => wrongly(settings, (text) => text.replace(/sb:\/\/[^;/]+/, 'sb://127.0.0.1:1')),
      unauthenticated: () =>
        wrongly(settings, (text) => text.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=d3Jvbmc=')),
      // Without the flag the client speaks TLS.
      ...(settings.connectionString.includes(plain)
        ? { tls: () => wrongly(settings, (text) => text.replace(plain, '')) }
        : {}),
    },
    close,
  };
}

function wrongly(settings: Settings, change: (connectionString: string) => string): EventHubsAdapter {
  return createAdapter({ ...settings, connectionString: change(settings.connectionString) }, 'wrong');
}

interface FaultParts {
  readonly emulator: EventHubsProcess;
  readonly events: TcpProxy;
  readonly blobs: TcpProxy;
}

function faultsOf({ emulator, events, blobs }: FaultParts): HarnessFaults {
  const { controls } = emulator;
  const all = (undos: readonly (() => void)[]) => (): void => {
    for (const undo of undos) undo();
  };
  return {
    cut: () => events.cut() + blobs.cut(),
    halfOpen: () => events.halfOpen() + blobs.halfOpen(),
    isolate: () => all([events.isolate(), blobs.isolate()]),
    goAway: () => all([events.goAway(), blobs.goAway()]),
    async restart() {
      await emulator.kill();
      await emulator.start();
    },
    slowDown: () => all([events.slow(), blobs.slow()]),
    async refuseWrites(topic) {
      const fault = { kind: 'reject', condition: 'com.microsoft:server-busy' } as const;
      const id = await controls.addWriteFault({ hub: topic, fault });
      return async () => {
        await controls.removeWriteFault(id);
      };
    },
    refuseCommits: () => blobs.isolate(),
    async trim(topic, partition, before) {
      await controls.trim(topic, partition, Number(before));
    },
  };
}

/** Nothing of Azurite's own address is left, so that every client goes through the proxy. */
function throughProxy(azurite: Azurite, proxy: TcpProxy): string {
  const port = azurite.server?.port;
  if (port === undefined) return azurite.connectionString;
  proxy.to(port);
  return azurite.connectionString.replaceAll(`:${port}`, `:${proxy.port}`);
}
