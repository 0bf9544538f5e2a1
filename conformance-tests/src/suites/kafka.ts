import { BrokerUnavailable, startKafka } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import { TcpProxy } from '@isostream/fault-injection';
import { clientVersions } from './client-versions.ts';
import type { Harness, HarnessFaults, Reached } from './harness.ts';
import { clientsModule, createAdapter, type KafkaSuiteSettings, sessionTimeoutMs } from './kafka-clients.ts';
import { kafkaFaults } from './kafka-faults.ts';

type Mode = 'auto' | 'native' | 'docker';
type Progress = (text: string) => void;

export interface KafkaHarnessOptions extends Reached {
  readonly mode?: Mode;
  readonly progress?: Progress;
}

/** A real Apache Kafka: the one at the URL, or one of our own, if it can be native behind a proxy that breaks its connections. Throws `BrokerUnavailable`. */
export async function kafkaHarness(options: KafkaHarnessOptions = {}): Promise<Harness> {
  const { service, mode = 'auto', progress = () => undefined } = options;
  if (service !== undefined)
    return harnessOf({
      broker: service,
      settings: settingsOf(options),
      clockSkewMs: 2_000,
      close: async () => undefined,
    });
  if (mode === 'docker') return dockerHarness(options, progress);
  return proxiedHarness(1, 'native', options, progress).catch((error: unknown) => {
    if (mode === 'native' || !(error instanceof BrokerUnavailable)) throw error;
    progress(`${error.message} Trying Docker`);
    return dockerHarness(options, progress);
  });
}

/** Three brokers of our own with replicated topics, of which each is killed in turn. Native only: throws `BrokerUnavailable` otherwise. */
export async function replicatedKafkaHarness(options: Omit<KafkaHarnessOptions, 'service'> = {}): Promise<Harness> {
  const { mode = 'auto', progress = () => undefined } = options;
  return { ...(await proxiedHarness(3, mode, options, progress)), name: 'kafka replicated' };
}

/**
 * Groups of the newer protocol (KIP-848), on a broker of our own: the brokers decide how long a silent member keeps its
 * partitions, and allow no short time unless they are told to. Native only: throws `BrokerUnavailable` otherwise.
 */
export async function consumerGroupsKafkaHarness(options: Omit<KafkaHarnessOptions, 'service'> = {}): Promise<Harness> {
  const { mode = 'auto', progress = () => undefined } = options;
  const given = { ...options, options: { ...options.options, groupProtocol: 'consumer' } };
  const properties = {
    'group.consumer.min.session.timeout.ms': '1000',
    'group.consumer.session.timeout.ms': String(sessionTimeoutMs),
    'group.consumer.min.heartbeat.interval.ms': '100',
    'group.consumer.heartbeat.interval.ms': '300',
  };
  return { ...(await proxiedHarness(1, mode, given, progress, properties)), name: 'kafka consumer groups' };
}

/** A broker looks for what is too old every five minutes, from half a minute after its start; these do so twice per second. */
const soon = { 'log.retention.check.interval.ms': '500', 'log.initial.task.delay.ms': '500' };

async function proxiedHarness(
  brokers: 1 | 3,
  mode: Mode,
  given: Reached,
  progress: Progress,
  properties: Readonly<Record<string, string>> = {},
): Promise<Harness> {
  const proxies = await Promise.all(Array.from({ length: brokers }, () => TcpProxy.listen()));
  const closeProxies = async (): Promise<void> => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
  };
  try {
    const advertisedPorts = proxies.map(({ port }) => port);
    const cluster = await startKafka({
      mode,
      brokers,
      progress,
      advertisedPorts,
      properties: { ...soon, ...properties },
    });
    for (const [index, { port }] of cluster.nodes.entries()) proxies[index]?.to(port);
    const settings = settingsOf(given, cluster.url);
    return harnessOf({
      broker: cluster.description,
      settings,
      clockSkewMs: 5,
      faults: kafkaFaults(cluster, proxies, settings),
      close: async () => {
        await cluster.stop();
        await closeProxies();
      },
    });
  } catch (error) {
    await closeProxies();
    throw error;
  }
}

/** Without faults: nothing stands between its clients and it. */
async function dockerHarness(given: Reached, progress: Progress): Promise<Harness> {
  const cluster = await startKafka({ mode: 'docker', progress });
  const settings = settingsOf(given, cluster.url);
  return harnessOf({ broker: cluster.description, settings, clockSkewMs: 5, close: () => cluster.stop() });
}

interface Parts {
  readonly broker: string;
  readonly settings: KafkaSuiteSettings;
  readonly clockSkewMs: number;
  readonly faults?: HarnessFaults;
  readonly close: () => Promise<void>;
}

function harnessOf({ broker, settings, clockSkewMs, faults, close }: Parts): Harness {
  return {
    name: 'kafka',
    broker,
    clients: clientVersions('kafkajs'),
    createAdapter: (clientId) => createAdapter(settings, clientId),
    sessionTimeoutMs,
    clockSkewMs,
    quietMs: 25_000,
    faults,
    worker: { module: clientsModule, settings },
    // Port 1 is reserved and nobody listens there.
    wrong: { unavailable: () => createKafka({ brokers: ['127.0.0.1:1'] }) },
    close,
  };
}

/** What the adapter was given, and the brokers that were started for it. */
function settingsOf({ options = {} }: Reached, url?: string): KafkaSuiteSettings {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the adapter checks what it is given
  return { ...options, ...(url === undefined ? {} : { brokers: addressesOf(url) }) } as KafkaSuiteSettings;
}

function addressesOf(url: string): string[] {
  return url.replace(/^kafka:\/\//, '').split(',');
}
