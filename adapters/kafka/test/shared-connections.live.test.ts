import { createStreams, defineTopic } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaOf } from './support/cluster.ts';
import { Proxy } from './support/proxy.ts';

let proxy: Proxy;
let cluster: KafkaCluster;

beforeAll(async () => {
  proxy = await Proxy.listen();
  cluster = await startKafka({ advertisedPorts: [proxy.port] });
  proxy.target = cluster.nodes[0]?.port ?? 0;
});
afterAll(async () => {
  await cluster.stop();
  await proxy[Symbol.asyncDispose]();
});

describe('many consumers of one client', () => {
  it('share five connections to a broker, with each other and its producers, and give four back at the end', async () => {
    const topics = Array.from({ length: 6 }, (_, index) =>
      defineTopic(`shared-${process.pid}-${index}`, {
        raw: true,
        partitions: 3,
      }),
    );
    const streams = await createStreams({ adapter: kafkaOf(cluster), topics });
    const seen = new Map<string, string[]>();
    // Two groups read each topic: at its end they wait for the same.
    const consumers = topics.flatMap((topic) =>
      ['a', 'b'].map((group) => ({
        topic,
        group,
        consumer: streams.consumer(topic, { group: `${topic.name}-${group}` }),
      })),
    );
    const running = consumers.map(({ topic, group, consumer }) =>
      consumer.run(async ({ value }) => {
        const name = `${topic.name} ${group}`;
        seen.set(name, [...(seen.get(name) ?? []), String(value)]);
      }),
    );
    await Promise.all(consumers.map(({ consumer }) => consumer.ready));
    await expect.poll(() => proxy.open, { timeout: 20_000 }).toBe(5);

    const values = Array.from({ length: 20 }, (_, index) => String(index));
    for (const topic of topics) {
      const producer = streams.producer(topic);
      for (const value of values) await producer.send({ key: 'k', value: Buffer.from(value) });
    }
    const all = consumers.map(({ topic, group }) => [`${topic.name} ${group}`, values]);
    await expect.poll(() => Object.fromEntries(seen), { timeout: 20_000 }).toEqual(Object.fromEntries(all));
    const [first] = topics;
    const replayed: string[] = [];
    if (first !== undefined)
      await streams.replay(first, { from: 'earliest', to: 'now' }).run(async ({ value }) => {
        replayed.push(String(value));
      });
    expect(replayed).toEqual(values);
    expect(proxy.open).toBe(5);

    await Promise.all(consumers.map(({ consumer }) => consumer.close()));
    await Promise.all(running);
    await expect.poll(() => proxy.open).toBe(1);
    await streams.close();
  });
});
