import type { StartedTestContainer } from 'testcontainers';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { exposed, startContainer } from '../container.ts';
import { kafkaVersion } from './jars.ts';
import type { KafkaCluster, KafkaClusterOptions } from './cluster.ts';

const script = '/tmp/isostream-start.sh';
const waiting = 'isostream: waiting for the advertised address';

/** Kafka's own image by testcontainers: one broker, no fault injection. Throws {@link BrokerUnavailable}. */
export async function startDockerKafka(options: KafkaClusterOptions): Promise<KafkaCluster> {
  if (options.brokers === 3 || options.secured === true || options.advertisedPorts !== undefined)
    throw new BrokerUnavailable(
      'Apache Kafka',
      'several brokers, secured listeners and proxies are native only. Install Java 17 and Maven',
    );
  const port = await exposed('Apache Kafka', 9_092, options);
  const { container, description, died } = await startContainer({
    broker: 'Apache Kafka',
    image: process.env['ISOSTREAM_KAFKA_IMAGE'] ?? `apache/kafka:${kafkaVersion}`,
    port,
    progress: options.progress,
    configure: (plain, wait) =>
      plain
        .withEntrypoint(['sh', '-c', `echo ${waiting}; while [ ! -x ${script} ]; do sleep 0.1; done; exec ${script}`])
        .withEnvironment(environment)
        .withWaitStrategy(wait.forLogMessage(waiting)),
    async afterStart(started) {
      // The port that clients are told is known only now.
      const advertised = `PLAINTEXT://${started.getHost()}:${started.getMappedPort(9_092)},BROKER://localhost:9093`;
      const content = `#!/bin/sh\nexport KAFKA_ADVERTISED_LISTENERS=${advertised}\nexec /etc/kafka/docker/run\n`;
      await started.copyContentToContainer([{ content, target: script, mode: 0o755 }]);
      await untilServing(started);
    },
  });
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  return {
    url: `kafka://${container.getHost()}:${container.getMappedPort(9_092)}`,
    mode: 'docker',
    description: `${description}, 1 broker`,
    logFolder: undefined,
    nodes: [],
    stop,
    died,
    [Symbol.asyncDispose]: stop,
  };
}

/** Resolves with the broker's own word that it serves; rejects with its last lines otherwise. */
async function untilServing(container: StartedTestContainer): Promise<void> {
  const lines: string[] = [];
  const logs = await container.logs();
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('it was not ready within 120 s')), 120_000);
      logs.on('data', (chunk: unknown) => {
        lines.push(String(chunk).trimEnd());
        if (!String(chunk).includes('Kafka Server started')) return;
        clearTimeout(timer);
        resolve();
      });
      logs.once('end', () => reject(new Error('it ended')));
    });
  } catch (cause) {
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n${lines.slice(-20).join('\n')}`, {
      cause,
    });
  } finally {
    logs.destroy();
  }
}

/** Setting any of these replaces the image's own configuration, so all stand here. */
const environment = {
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9093,CONTROLLER://0.0.0.0:9094',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
  KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
  KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  KAFKA_LOG_RETENTION_CHECK_INTERVAL_MS: '1000',
};
