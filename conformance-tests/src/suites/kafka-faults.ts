import { openAdapter } from '@isostream/core/adapter';
import type { KafkaCluster } from '@isostream/emulators';
import { Kafka, logLevel } from 'kafkajs';
import type { TcpProxy } from '@isostream/fault-injection';
import { cutOffBy } from './cut-off.ts';
import type { HarnessFaults } from './harness.ts';
import { createAdapter, type KafkaSuiteSettings } from './kafka-clients.ts';
import { setKafkaQuotas } from './kafka-quotas.ts';
import { restartInTurn } from './kafka-restart.ts';

/** A cluster that is broken as a whole: each broker has its own proxy, and they all break at once. */
export function kafkaFaults(
  cluster: KafkaCluster,
  proxies: readonly TcpProxy[],
  settings: KafkaSuiteSettings,
): HarnessFaults {
  const ofAll = (count: (proxy: TcpProxy) => number): number => proxies.reduce((sum, proxy) => sum + count(proxy), 0);
  const onAll = (fault: (proxy: TcpProxy) => () => void) => (): (() => void) => {
    const undos = proxies.map(fault);
    return () => {
      for (const undo of undos) undo();
    };
  };
  const isolate = onAll((proxy) => proxy.isolate());
  return {
    cut: () => ofAll((proxy) => proxy.cut()),
    halfOpen: () => ofAll((proxy) => proxy.halfOpen()),
    isolate,
    ...cutOffBy(...proxies),
    goAway: onAll((proxy) => proxy.goAway()),
    restart: () => restartInTurn(cluster.nodes, settings),
    slowDown: onAll((proxy) => proxy.slow()),
    async throttle() {
      const [node] = cluster.nodes;
      if (node === undefined) throw new Error('a cluster has brokers');
      await setKafkaQuotas(node.port, { producer_byte_rate: 20_000, consumer_byte_rate: 20_000 });
      return () => setKafkaQuotas(node.port, {});
    },
    async refuseWrites(topic) {
      const adapter = openAdapter(createAdapter(settings, 'faults'));
      const { admin } = adapter;
      const description = await admin.describeTopic(topic);
      await admin.deleteTopic(topic);
      return async () => {
        await admin.createTopic(topic, { partitions: description?.partitions ?? 1 });
        await adapter.close();
      };
    },
    refuseCommits: isolate,
    async trim(topic, partition, before) {
      const admin = new Kafka({ brokers: [...settings.brokers], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      // Only topics whose offsets were asked for are known to it.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: Number(partition), offset: before }] });
      await admin.disconnect();
    },
  };
}
