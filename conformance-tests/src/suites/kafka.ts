import { BrokerUnavailable, startKafka } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import { TcpProxy } from '@isostream/emulators/tcp-proxy';
import type { Harness, HarnessFaults } from './harness.ts';
import { clientsModule, createAdapter, type KafkaSuiteSettings, sessionTimeoutMs } from './kafka-clients.ts';
import { kafkaFaults } from './kafka-faults.ts';

type Mode = 'auto' | 'native' | 'docker';
type Progress = (text: string) => void;

export interface KafkaHarnessOptions {
  /** A cluster that runs already, which cannot be broken; else one is started. */
  readonly url?: string;
  readonly mode?: Mode;
  readonly progress?: Progress;
}

/** A real Apache Kafka: the one at the URL, or one of our own, if it can be native behind a proxy that breaks its connections. Throws `BrokerUnavailable`. */
export async function kafkaHarness(options: KafkaHarnessOptions = {}): Promise<Harness> {
  const { url, mode = 'auto', progress = () => undefined } = options;
  if (url !== undefined)
    return harnessOf({
      broker: url,
      settings: { brokers: addressesOf(url) },
      clockSkewMs: 2_000,
      close: async () => undefined,
    });
  if (mode === 'docker') return dockerHarness(progress);
  return proxiedHarness(1, 'native', progress).catch((error: unknown) => {
    if (mode === 'native' || !(error instanceof BrokerUnavailable)) throw error;
    progress(`${error.message} Trying Docker`);
    return dockerHarness(progress);
  });
}

/** Three brokers of our own with replicated topics, of which each is killed in turn. Native only: throws `BrokerUnavailable` otherwise. */
export async function replicatedKafkaHarness(options: Omit<KafkaHarnessOptions, 'url'> = {}): Promise<Harness> {
  const { mode = 'auto', progress = () => undefined } = options;
  return { ...(await proxiedHarness(3, mode, progress)), name: 'kafka replicated' };
}

async function proxiedHarness(brokers: 1 | 3, mode: Mode, progress: Progress): Promise<Harness> {
  const proxies = await Promise.all(Array.from({ length: brokers }, () => TcpProxy.listen()));
  const closeProxies = async (): Promise<void> => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
  };
  try {
    const advertisedPorts = proxies.map(({ port }) => port);
    const cluster = await startKafka({ mode, brokers, progress, advertisedPorts });
    for (const [index, { port }] of cluster.nodes.entries()) proxies[index]?.to(port);
    const settings = { brokers: addressesOf(cluster.url) };
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
async function dockerHarness(progress: Progress): Promise<Harness> {
  const cluster = await startKafka({ mode: 'docker', progress });
  const settings = { brokers: addressesOf(cluster.url) };
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

function addressesOf(url: string): string[] {
  return url.replace(/^kafka:\/\//, '').split(',');
}
