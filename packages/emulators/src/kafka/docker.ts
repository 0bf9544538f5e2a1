import type { StartedTestContainer } from 'testcontainers';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { kafkaVersion } from './jars.ts';
import type { KafkaCluster, KafkaOptions } from './kafka.ts';

const script = '/tmp/isostream-start.sh';
const label = 'isostream.broker';
const waiting = 'isostream: waiting for the advertised address';

/** Kafka's own image by testcontainers: one broker, no fault injection. Throws {@link BrokerUnavailable}. */
export async function startDockerKafka(options: KafkaOptions): Promise<KafkaCluster> {
  if (options.brokers === 3 || options.secured === true || options.advertisedPorts !== undefined)
    throw new BrokerUnavailable(
      'Apache Kafka',
      'several brokers, secured listeners and proxies are native only. Install Java 17 and Maven',
    );
  const image = process.env['ISOSTREAM_KAFKA_IMAGE'] ?? `apache/kafka:${kafkaVersion}`;
  const container = await startContainer(image, options);
  const stop = async (): Promise<void> => {
    await container.stop();
  };
  return {
    url: `kafka://${container.getHost()}:${container.getMappedPort(9_092)}`,
    mode: 'docker',
    description: `${image}, 1 broker, Docker`,
    logFolder: undefined,
    nodes: [],
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function startContainer(
  image: string,
  { progress = () => undefined }: KafkaOptions,
): Promise<StartedTestContainer> {
  const { GenericContainer, Wait } = await import('testcontainers').catch((cause: unknown) => {
    throw new BrokerUnavailable(
      'Apache Kafka',
      'Docker mode needs testcontainers. Install it: npm install --save-dev testcontainers',
      cause,
    );
  });
  progress(`starting ${image} with Docker`);
  try {
    const container = await new GenericContainer(image)
      .withExposedPorts(9_092)
      .withLabels({ [label]: 'kafka' })
      .withEntrypoint(['sh', '-c', `echo ${waiting}; while [ ! -x ${script} ]; do sleep 0.1; done; exec ${script}`])
      .withEnvironment(environment)
      .withWaitStrategy(Wait.forLogMessage(waiting))
      .start();
    // The port that clients are told is known only now.
    const advertised = `PLAINTEXT://${container.getHost()}:${container.getMappedPort(9_092)},BROKER://localhost:9093`;
    const content = `#!/bin/sh\nexport KAFKA_ADVERTISED_LISTENERS=${advertised}\nexec /etc/kafka/docker/run\n`;
    await container.copyContentToContainer([{ content, target: script, mode: 0o755 }]);
    await started(container);
    return container;
  } catch (cause) {
    throw new BrokerUnavailable(
      'Apache Kafka',
      `Docker could not start ${image}: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

/** Resolves with the broker's own word that it serves; stops the container and rejects with its last lines otherwise. */
async function started(container: StartedTestContainer): Promise<void> {
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
    await container.stop();
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
