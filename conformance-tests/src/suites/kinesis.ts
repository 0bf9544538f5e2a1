import { BrokerUnavailable, type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { AwsFaults } from '@isostream/fault-injection/aws';
import { TcpProxy } from '@isostream/fault-injection';
import { seeded } from '../run/random.ts';
import { clientVersions } from './client-versions.ts';
import { cutOffBy } from './cut-off.ts';
import type { Difference, Harness, HarnessFaults, Reached } from './harness.ts';
import { clientsModule, createAdapter, type KinesisSuiteSettings, leaseMs } from './kinesis-clients.ts';
import { kinesisMutants } from './kinesis-mutants.ts';

export { kinesisMutants };

export interface KinesisHarnessOptions extends Reached {
  readonly mode?: 'auto' | 'native' | 'docker';
  /** Events of a key share records. Default `false`, as of the adapter. */
  readonly aggregation?: boolean;
  /** Events are pushed to groups. Default `false`, as of the adapter. */
  readonly enhancedFanOut?: boolean;
  readonly progress?: (text: string) => void;
}

/** Reserved; nobody listens there. */
const closedPort = 1;
const largestBacklog = 10_000;
const differencesOfKinesisLocal: readonly (string | Difference)[] = [
  'kinesis-local takes longer for a request the more its shards hold: backpressure/events-in-flight has a backlog of 10,000 events instead of 100,000',
  'kinesis-local refuses no rate: throttling, also of single records of a request, is made between client and emulator',
  'kinesis-local never removes what is older than the retention: retention/events-expire-before-they-are-read removes it from what the emulator saved',
  'kinesis-local keeps nothing if it is killed: no-loss/the-broker-dies breaks every connection, lets it save, and starts it again',
  'kinesis-local checks no credentials and no permissions',
];

const differencesOfLocalStack: readonly (string | Difference)[] = [
  {
    text: 'LocalStack knows no largest record of a stream: events that are too large for one are taken, and a limit cannot be declared',
    scenarios: ['errors/the-same-code-everywhere', 'retention/retention-is-changed'],
  },
  'LocalStack goes back to the whole second where a reader asks for a time',
];

const differencesOfStrangers: readonly string[] = [
  'the address is not of AWS: what answers there is taken for an emulator, and what of it is not as AWS is not known',
  'backpressure/events-in-flight has a backlog of 10,000 events instead of 100,000',
];

/** Kinesis and DynamoDB: those at the URL, or emulators of our own, if they can be native behind proxies that break connections. Throws `BrokerUnavailable`. */
export async function kinesisHarness(options: KinesisHarnessOptions = {}): Promise<Harness> {
  const { service, mode = 'auto', aggregation, enhancedFanOut, progress = () => undefined } = options;
  const given: KinesisSuiteSettings = {
    ...options.options,
    ...(aggregation === undefined ? {} : { aggregation }),
    ...(enhancedFanOut === undefined ? {} : { enhancedFanOut }),
  };
  if (service !== undefined) return remoteHarness(service, given);
  if (mode === 'docker') return dockerHarness(given, progress);
  return nativeHarness(given, progress).catch((error: unknown) => {
    if (mode === 'native' || !(error instanceof BrokerUnavailable)) throw error;
    progress(`${error.message} Trying Docker`);
    return dockerHarness(given, progress);
  });
}

const awsBills = 'AWS bills shard hours, PUT payload units, and reads and writes of the lease tables in DynamoDB';

/** Without faults: nothing stands between its clients and it. */
function remoteHarness(broker: string, settings: KinesisSuiteSettings): Harness {
  const isEmulator = [settings.endpoint, settings.dynamoEndpoint].some((address) => !isOfAws(address));
  return harnessOf({
    broker,
    settings,
    clockSkewMs: 2_000,
    ...(isEmulator ? { differences: differencesOfStrangers } : { billed: awsBills }),
    close: async () => undefined,
  });
}

/** Also a private endpoint has a name of AWS. */
function isOfAws(address: string | undefined): boolean {
  return address === undefined || /\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.test(new URL(address).hostname);
}

async function nativeHarness(given: KinesisSuiteSettings, progress: (text: string) => void): Promise<Harness> {
  const emulator = await startKinesis({ mode: 'native', progress });
  const [streams, leases] = [await TcpProxy.listen(), await TcpProxy.listen()];
  streams.to(emulator.kinesis?.port ?? 0);
  leases.to(emulator.dynamo?.port ?? 0);
  const faults = new AwsFaults(seeded(1));
  const settings = {
    ...given,
    region: emulator.region,
    endpoint: `http://127.0.0.1:${streams.port}`,
    dynamoEndpoint: `http://127.0.0.1:${leases.port}`,
    credentials: emulator.credentials,
  };
  return harnessOf({
    broker: emulator.description,
    settings,
    clockSkewMs: 5,
    differences: differencesOfKinesisLocal,
    requests: faults,
    faults: kinesisFaults(emulator, streams, leases, faults),
    close: async () => {
      await emulator.stop();
      await streams.close();
      await leases.close();
    },
  });
}

/** Without faults: nothing stands between its clients and it. */
async function dockerHarness(given: KinesisSuiteSettings, progress: (text: string) => void): Promise<Harness> {
  const emulator = await startKinesis({ mode: 'docker', progress });
  const { region, endpoint, dynamoEndpoint, credentials } = emulator;
  return harnessOf({
    broker: emulator.description,
    settings: { ...given, region, endpoint, dynamoEndpoint, credentials },
    // Half of it is the whole second to which LocalStack goes back.
    clockSkewMs: 1_000,
    differences: [...differencesOfKinesisLocal, ...differencesOfLocalStack],
    close: () => emulator.stop(),
  });
}

interface Parts {
  readonly broker: string;
  readonly settings: KinesisSuiteSettings;
  readonly clockSkewMs: number;
  readonly billed?: string;
  /** Of an emulator alone. */
  readonly differences?: readonly (string | Difference)[];
  readonly requests?: AwsFaults;
  readonly faults?: HarnessFaults;
  readonly close: () => Promise<void>;
}

function harnessOf({ broker, settings, clockSkewMs, billed, differences, requests, faults, close }: Parts): Harness {
  const { endpoint } = settings;
  return {
    name: nameOf(settings),
    broker,
    clients: clientVersions('@aws-sdk/client-kinesis', '@aws-sdk/client-dynamodb'),
    createAdapter: (clientId) => createAdapter(settings, clientId, requests),
    sessionTimeoutMs: leaseMs,
    clockSkewMs,
    quietMs: 45_000,
    ...(billed === undefined ? {} : { billed: awsBills }),
    ...(differences === undefined ? {} : { isEmulator: true, largestBacklog, differences }),
    faults,
    worker: { module: clientsModule, settings },
    mutants: kinesisMutants,
    wrong: {
      unavailable: () => createAdapter({ ...settings, endpoint: `http://127.0.0.1:${closedPort}` }, 'wrong'),
      ...(endpoint?.startsWith('http:') === true
        ? { tls: () => createAdapter({ ...settings, endpoint: endpoint.replace('http:', 'https:') }, 'wrong') }
        : {}),
    },
    close,
  };
}

function nameOf({ aggregation, enhancedFanOut }: KinesisSuiteSettings): string {
  return [
    'kinesis',
    ...(aggregation === true ? ['aggregated'] : []),
    ...(enhancedFanOut === true ? ['fan-out'] : []),
  ].join(' ');
}

function kinesisFaults(
  emulator: KinesisEmulator,
  streams: TcpProxy,
  leases: TcpProxy,
  faults: AwsFaults,
): HarnessFaults {
  const all = (undos: readonly (() => void)[]) => (): void => {
    for (const undo of undos) undo();
  };
  /** The emulator saves its streams when it ends in good order, for which nobody may be connected to it. */
  const whileAway = async (work: () => Promise<void>): Promise<void> => {
    // As at a service that is gone: connections break, and new ones end at once.
    streams.to(closedPort);
    streams.reset();
    await emulator.kinesis?.stop();
    try {
      await work();
    } finally {
      await emulator.kinesis?.start();
      streams.to(emulator.kinesis?.port ?? 0);
    }
  };
  return {
    cut: () => streams.cut() + leases.cut(),
    halfOpen: () => streams.halfOpen() + leases.halfOpen(),
    isolate: () => all([streams.isolate(), leases.isolate()]),
    ...cutOffBy(streams, leases),
    goAway: () => all([streams.goAway(), leases.goAway()]),
    restart: () => whileAway(async () => undefined),
    // As AWS slows its clients down: it refuses a part of what they ask, each time.
    slowDown: () =>
      all([
        faults.add({ operation: 'PutRecords', fault: { kind: 'throttle-records' }, chance: 0.5 }),
        faults.add({ operation: 'GetRecords', fault: { kind: 'throttle' }, chance: 0.5 }),
        faults.add({ operation: 'PutItem', fault: { kind: 'throttle' }, chance: 0.2 }),
        faults.add({ operation: 'Scan', fault: { kind: 'throttle' }, chance: 0.2 }),
      ]),
    // A hundredth of what a shard of the service takes, so that little load is too much; of its five reads per second two.
    throttle: async () => faults.limitShards({ bytesPerSecond: 10_000, recordsPerSecond: 10, readsPerSecond: 2 }),
    refuseWrites: async (topic) =>
      faults.add({ operation: 'PutRecords', mentions: `"${topic}"`, fault: { kind: 'throttle' } }),
    refuseCommits: () => leases.isolate(),
    trim: (topic, partition, before) => whileAway(async () => emulator.trim?.(topic, partition, before)),
  };
}
