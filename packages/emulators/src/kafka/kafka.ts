import { inMode } from '../in-mode.ts';
import type { KafkaCluster, KafkaClusterOptions } from './cluster.ts';
import { startDockerKafka } from './docker.ts';
import { startNativeKafka } from './native.ts';

/** Starts a real Apache Kafka that ends with this process at the latest. Throws {@link BrokerUnavailable} that says what to install. */
export async function startKafka(options: KafkaClusterOptions = {}): Promise<KafkaCluster> {
  return inMode<KafkaClusterOptions, KafkaCluster>(options, { native: startNativeKafka, docker: startDockerKafka });
}
