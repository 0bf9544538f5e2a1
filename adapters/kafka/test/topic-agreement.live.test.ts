import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaOf, newTopic, wireOf } from './support/cluster.ts';

let cluster: KafkaCluster;

beforeAll(async () => {
  cluster = await startKafka({ brokers: 3 });
});
afterAll(() => cluster.stop());

describe('a topic of three brokers', () => {
  it('is known to each of them once it was made, and to none once it was deleted', async () => {
    const kafka = kafkaOf(cluster);
    const { admin } = kafka;
    const wire = wireOf(cluster);
    const { nodes } = await wire.metadata([]);
    const knownTo = async (topic: string): Promise<readonly number[]> => {
      const views = await Promise.all(nodes.map((node) => wire.metadata([topic], node)));
      return nodes.filter((_, index) => views[index]?.topics[0]?.error === 0);
    };
    expect(nodes).toHaveLength(3);

    // Many at once, so that some broker is behind.
    const made = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const topic = await newTopic(admin, { partitions: 2 });
        return { topic, nodes: await knownTo(topic) };
      }),
    );
    expect(made.filter((each) => each.nodes.length < nodes.length)).toEqual([]);
    const deleted = await Promise.all(
      made.map(async ({ topic }) => {
        await admin.deleteTopic(topic);
        return { topic, nodes: await knownTo(topic) };
      }),
    );
    expect(deleted.filter((each) => each.nodes.length > 0)).toEqual([]);
    await kafka.close();
    await wire.close();
  });
});
