import { createStreams, defineTopic } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaOf, wireOf } from './support/cluster.ts';
import { apis, Proxy } from './support/proxy.ts';

let proxies: Proxy[];
let cluster: KafkaCluster;
/** Bytes in answers to fetches, by broker. */
const fetched = new Map<number, number>();

beforeAll(async () => {
  proxies = await Promise.all([1, 2, 3].map(() => Proxy.listen()));
  cluster = await startKafka({
    brokers: 3,
    advertisedPorts: proxies.map(({ port }) => port),
    properties: { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' },
  });
  for (const [index, node] of cluster.nodes.entries()) {
    const proxy = proxies[index];
    if (proxy === undefined) continue;
    proxy.target = node.port;
    proxy.answered = (api, bytes) => {
      if (api === apis.fetch) fetched.set(node.id, (fetched.get(node.id) ?? 0) + bytes);
    };
  }
});
afterAll(async () => {
  await cluster.stop();
  await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
});

async function leaderOf(topic: string): Promise<number> {
  const wire = wireOf(cluster);
  const { topics } = await wire.metadata([topic]);
  await wire.close();
  return topics[0]?.partitions[0]?.leader ?? -1;
}

describe('a consumer that says in which rack it is', () => {
  it('reads from the replica there, and from the leader once that replica is gone', async () => {
    const topic = defineTopic('near', { raw: true, partitions: 1, replication: { factor: 3, minInSync: 2 } });
    await using sending = await createStreams({ adapter: kafkaOf(cluster), topics: [topic] });
    const producer = sending.producer(topic);
    let sent = 0;
    const send = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) await producer.send({ key: 'k', value: Buffer.alloc(10_000, `${sent++} `) });
    };
    await send(50);

    const leader = await leaderOf(topic.name);
    const near = cluster.nodes.find(({ id }) => id !== leader);
    if (near === undefined) throw new Error('no replica');
    const adapter = kafkaOf(cluster, { rackId: `rack-${near.id}`, connectTimeout: '1s' });
    await using streams = await createStreams({ adapter, topics: [topic] });
    const seen: string[] = [];
    const all = (): string[] => Array.from({ length: sent }, (_, n) => String(Buffer.alloc(10_000, `${n} `)));
    const consumer = streams.consumer(topic, { group: 'near', from: 'earliest' });
    const running = consumer.run(({ value }) => void seen.push(String(value)));
    await expect.poll(() => seen.length, { timeout: 30_000 }).toBe(sent);
    await send(50);
    await expect.poll(() => seen.length, { timeout: 30_000 }).toBe(sent);
    expect(fetched.get(near.id)).toBeGreaterThan(1_000_000);
    expect(fetched.get(leader)).toBeLessThan(50_000);

    await near.kill();
    expect(seen).toEqual(all());
    await send(50);
    // It may have been the group's coordinator too: what was not committed comes again, and nothing is left out or overtaken.
    const first = (): string[] => [...new Set(seen)];
    await expect.poll(() => first().length, { timeout: 30_000 }).toBe(sent);
    expect(fetched.get(leader)).toBeGreaterThan(500_000);
    expect(first()).toEqual(all());
    expect(seen.length - sent).toBeLessThanOrEqual(100);
    await consumer.close();
    await running;
  });
});
