import { randomBytes } from 'node:crypto';
import { createStreams, type Streams, type Topic } from '@isostream/core';
import { startKafka } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import type { Config } from 'isostream';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { partitions } from '../topics.ts';

/** A broker to measure on, and the two clients. What is made on it is removed at the end. */
export interface KafkaStage extends AsyncDisposable {
  readonly description: string;
  readonly brokers: readonly string[];
  readonly raw: Kafka;
  /** A multiple of the full load. */
  readonly scale: number;
  readonly rounds: number;
  /** How isostream reaches the broker: what a configuration file would hold. */
  readonly config: Config;
  /** A fresh topic, of twelve partitions where nothing else is said. */
  createTopic(partitions?: number): Promise<string>;
  /** A name for a consumer group that nobody has used. */
  groupName(): string;
  streams(topic: Topic): Promise<Streams>;
}

/** Starts a broker, or takes the one at `url`, which must speak plaintext. */
export async function openStage(options: {
  readonly url: string | undefined;
  readonly scale: number;
  readonly rounds: number;
}): Promise<KafkaStage> {
  const cluster =
    options.url === undefined
      ? await startKafka({ heapMb: 512, progress: (text) => process.stderr.write(`${text}\n`) })
      : undefined;
  const brokers = parseUrl(cluster?.url ?? options.url ?? '');
  const prefix = `bench-${randomBytes(4).toString('hex')}`;
  const raw = rawClient(brokers);
  const admin = raw.admin();
  let names = 0;
  try {
    await admin.connect();
  } catch (error) {
    await cluster?.stop();
    throw error;
  }
  return {
    description: cluster?.description ?? brokers.join(','),
    brokers,
    raw,
    scale: options.scale,
    rounds: options.rounds,
    config: { provider: 'kafka', kafka: { brokers } },
    async createTopic(numPartitions = partitions) {
      const topic = `${prefix}-${++names}`;
      await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
      return topic;
    },
    groupName: () => `${prefix}-group-${++names}`,
    streams: (topic) => createStreams({ adapter: createKafka({ brokers }), topics: [topic], topology: 'assume' }),
    async [Symbol.asyncDispose]() {
      if (cluster === undefined) await clean(admin, prefix);
      await admin.disconnect();
      await cluster?.stop();
    },
  };
}

export function rawClient(brokers: readonly string[]): Kafka {
  return new Kafka({ clientId: 'bench', brokers: [...brokers], logLevel: logLevel.NOTHING });
}

async function clean(admin: Admin, prefix: string): Promise<void> {
  const { groups } = await admin.listGroups();
  const own = groups.map((group) => group.groupId).filter((group) => group.startsWith(prefix));
  if (own.length > 0) await admin.deleteGroups(own);
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
  if (topics.length > 0) await admin.deleteTopics({ topics });
}

/** Hosts with ports. Throws an `Error` for anything but plaintext. */
export function parseUrl(url: string): string[] {
  const hosts = /^kafka:\/\/([^@/?#]+)\/?$/.exec(url)?.[1];
  if (hosts === undefined)
    // Not quoted: it may hold a password.
    throw new Error('--url is not a plaintext address of Kafka. Give kafka://host:9092');
  return hosts.split(',').map((host) => (host.includes(':') ? host : `${host}:9092`));
}
