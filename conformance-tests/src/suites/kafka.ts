import { BrokerUnavailable, type KafkaCluster, startKafka } from '@isostream/emulators';
import { createKafka, type KafkaAdapter } from '@isostream/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { TcpProxy } from '../faults/tcp-proxy.ts';
import type { Harness, HarnessFaults } from './harness.ts';

export interface KafkaHarnessOptions {
  /** A cluster that runs already, which cannot be broken; else one is started. */
  readonly url?: string;
  readonly mode?: 'auto' | 'native' | 'docker';
  readonly progress?: (text: string) => void;
}

interface Settings {
  readonly brokers: readonly string[];
}

const sessionTimeoutMs = 3_000;

/** A real Apache Kafka: the one at the URL, or one of our own, if it can be native behind a proxy that breaks its connections. Throws `BrokerUnavailable`. */
export async function kafkaHarness(options: KafkaHarnessOptions = {}): Promise<Harness> {
  const { url, mode = 'auto', progress = () => undefined } = options;
  if (url !== undefined) return harnessOf(url, { brokers: addressesOf(url) }, 2_000, undefined, async () => undefined);
  if (mode === 'docker') return dockerHarness(progress);
  return nativeHarness(progress).catch((error: unknown) => {
    if (mode === 'native' || !(error instanceof BrokerUnavailable)) throw error;
    progress(`${error.message} Trying Docker`);
    return dockerHarness(progress);
  });
}

async function nativeHarness(progress: (text: string) => void): Promise<Harness> {
  const proxy = await TcpProxy.listen();
  try {
    const cluster = await startKafka({ mode: 'native', progress, advertisedPorts: [proxy.port] });
    proxy.to(cluster.nodes[0]?.port ?? 0);
    const settings = { brokers: addressesOf(cluster.url) };
    return harnessOf(cluster.description, settings, 5, kafkaFaults(cluster, proxy, settings), async () => {
      await cluster.stop();
      await proxy.close();
    });
  } catch (error) {
    await proxy.close();
    throw error;
  }
}

/** Without faults: nothing stands between its clients and it. */
async function dockerHarness(progress: (text: string) => void): Promise<Harness> {
  const cluster = await startKafka({ mode: 'docker', progress });
  return harnessOf(cluster.description, { brokers: addressesOf(cluster.url) }, 5, undefined, () => cluster.stop());
}

/** Also called by member processes. */
export function createAdapter({ brokers }: Settings, clientId: string): KafkaAdapter {
  return createKafka({ brokers, clientId, sessionTimeout: sessionTimeoutMs, requestTimeout: '5s' });
}

function harnessOf(
  broker: string,
  settings: Settings,
  clockSkewMs: number,
  faults: HarnessFaults | undefined,
  close: () => Promise<void>,
): Harness {
  return {
    name: 'kafka',
    broker,
    createAdapter: (clientId) => createAdapter(settings, clientId),
    sessionTimeoutMs,
    clockSkewMs,
    quietMs: 25_000,
    faults,
    worker: { module: import.meta.url, settings },
    // Port 1 is reserved and nobody listens there.
    wrong: { unavailable: () => createKafka({ brokers: ['127.0.0.1:1'] }) },
    close,
  };
}

function kafkaFaults(cluster: KafkaCluster, proxy: TcpProxy, { brokers }: Settings): HarnessFaults {
  const [node] = cluster.nodes;
  return {
    cut: () => proxy.cut(),
    halfOpen: () => proxy.halfOpen(),
    isolate: () => proxy.isolate(),
    async restart() {
      await node?.kill();
      await node?.start();
    },
    slowDown: () => proxy.slow(),
    async refuseWrites(topic) {
      const adapter = createAdapter({ brokers }, 'faults');
      const { admin } = adapter;
      const description = await admin.describeTopic(topic);
      await admin.deleteTopic(topic);
      return async () => {
        await admin.createTopic(topic, { partitions: description?.partitions ?? 1 });
        await adapter.close();
      };
    },
    refuseCommits: () => proxy.isolate(),
    async trim(topic, partition, before) {
      const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      // Only topics whose offsets were asked for are known to it.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: Number(partition), offset: before }] });
      await admin.disconnect();
    },
  };
}

function addressesOf(url: string): string[] {
  return url.replace(/^kafka:\/\//, '').split(',');
}
