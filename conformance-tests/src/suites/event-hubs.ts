import { type Azurite, type EventHubsProcess, startAzurite, startEventHubs } from '@isostream/emulators';
import { type Adapter, StreamError } from '@isostream/core';
import { TcpProxy } from '@isostream/fault-injection';
import { clientsModule, createAdapter, type EventHubsSuiteSettings, leaseMs } from './event-hubs-clients.ts';
import { clientVersions } from './client-versions.ts';
import { cutOffBy } from './cut-off.ts';
import type { Harness, HarnessFaults, Reached } from './harness.ts';

/**
 * In a namespace that runs already hubs are made and deleted, so checkpoints, subscriptionId and resourceGroup are needed. Who has
 * no keys signs in by `AZURE_ACCESS_TOKEN`, or as `DefaultAzureCredential` does.
 */
export interface EventHubsHarnessOptions extends Reached {
  readonly mode?: 'auto' | 'native' | 'docker';
  readonly progress?: (text: string) => void;
}

const plain = 'UseDevelopmentEmulator=true;';
const nowhere = { subscriptionId: 'none', resourceGroup: 'none', namespace: 'none' };

const differences: readonly string[] = [
  'the emulator is our own: it throttles by a control, and latency and fail-over of the service are not to be seen on it',
  'hubs and consumer groups are there as soon as Resource Manager has answered; Azure may take some seconds',
  'keys are signed by shared access keys; Entra ID and its roles are not to be seen',
];

/** Our own emulator of Event Hubs behind a proxy that breaks its connections, and Azurite behind another. Throws `BrokerUnavailable`. */
export async function eventHubsHarness(options: EventHubsHarnessOptions = {}): Promise<Harness> {
  const { service, mode = 'auto', progress = () => undefined } = options;
  if (service !== undefined) return remoteHarness(service, options.options ?? {});
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
      ...options.options,
      connectionString: emulator.connectionString.replace(`:${emulator.port}`, `:${events.port}`),
      checkpoints: { connectionString: throughProxy(azurite, blobs), container: 'checkpoints' },
      management: { ...nowhere, endpoint: emulator.controlUrl },
    };
    const broker = `isostream's own Event Hubs emulator, ${azurite.description}`;
    return harnessOf({ settings, broker, faults: faultsOf({ emulator, events, blobs }), close });
  } catch (error) {
    await close();
    throw error;
  }
}

const billed = 'Azure bills throughput units by the hour, events that are sent, and writes of leases to Blob Storage';

/** Without faults: nothing stands between its clients and it. */
function remoteHarness(service: string, given: Readonly<Record<string, unknown>>): Harness {
  for (const name of ['checkpoints', 'management'])
    if (given[name] === undefined)
      throw new StreamError(
        'invalid-config',
        `the suite makes and deletes hubs and groups, and ${name} is not set. Give eventhubs://…?checkpoints=…&subscriptionId=…&resourceGroup=…`,
        { where: 'conformance' },
      );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the adapter checks what it is given
  const settings = given as unknown as EventHubsSuiteSettings;
  const remote = harnessOf({ settings, broker: service, faults: undefined, close: async () => undefined });
  const isEmulator = /(?:^|;)UseDevelopmentEmulator=true(?:;|$)/i.test(settings.connectionString ?? '');
  return { ...remote, clockSkewMs: 2_000, ...(isEmulator ? {} : { isEmulator, billed, differences: [] }) };
}

interface Parts {
  readonly settings: EventHubsSuiteSettings;
  readonly broker: string;
  readonly faults: HarnessFaults | undefined;
  readonly close: () => Promise<void>;
}

function harnessOf({ settings, broker, faults, close }: Parts): Harness {
  return {
    name: 'event-hubs',
    broker,
    isEmulator: true,
    differences,
    clients: clientVersions('@azure/event-hubs', '@azure/storage-blob'),
    createAdapter: (clientId) => createAdapter(settings, clientId),
    sessionTimeoutMs: leaseMs,
    clockSkewMs: 5,
    // Azurite writes two hundred blobs a second, and then has no time for anything else.
    commitIntervalMs: 200,
    quietMs: 25_000,
    faults,
    worker: { module: clientsModule, settings },
    wrong: {
      // Port 1 is reserved and nobody listens there.
      unavailable: () => wrongly(settings, (text) => text.replace(/sb:\/\/[^;/]+/, 'sb://127.0.0.1:1')),
      ...(settings.connectionString === undefined
        ? {}
        : {
            unauthenticated: () =>
              wrongly(settings, (text) => text.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=d3Jvbmc=')),
          }),
      // Without the flag the client speaks TLS.
      ...(settings.connectionString?.includes(plain) === true
        ? { tls: () => wrongly(settings, (text) => text.replace(plain, '')) }
        : {}),
    },
    close,
  };
}

function wrongly(settings: EventHubsSuiteSettings, change: (connectionString: string) => string): Adapter {
  const { connectionString, ...rest } = settings;
  if (connectionString === undefined) return createAdapter({ ...rest, fullyQualifiedNamespace: '127.0.0.1' }, 'wrong');
  return createAdapter({ ...rest, connectionString: change(connectionString) }, 'wrong');
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
    ...cutOffBy(events, blobs),
    goAway: () => all([events.goAway(), blobs.goAway()]),
    async restart() {
      await emulator.kill();
      await emulator.start();
    },
    slowDown: () => all([events.slow(), blobs.slow()]),
    // Of one throughput unit a fiftieth, and then the four seconds that the service asks its clients to wait.
    async throttle() {
      await controls.limitThroughput({ eventsPerSecond: 20 });
      return async () => {
        await controls.limitThroughput();
      };
    },
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
