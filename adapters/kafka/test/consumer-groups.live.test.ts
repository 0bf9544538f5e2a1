import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kafkaOf, newTopic, wireOf } from './support/cluster.ts';
import { ModernMember } from './support/modern-group.ts';
import type { KafkaAdapter, KafkaOptions } from './support/open.ts';

let cluster: KafkaCluster;
const open: Streams[] = [];
const adapters: KafkaAdapter[] = [];
let names = 0;

beforeAll(async () => {
  cluster = await startKafka({
    properties: {
      'group.consumer.min.session.timeout.ms': '1000',
      'group.consumer.session.timeout.ms': '3000',
      'group.consumer.min.heartbeat.interval.ms': '100',
      'group.consumer.heartbeat.interval.ms': '300',
    },
  });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((streams) => streams.close()));
  await Promise.all(adapters.splice(0).map((adapter) => adapter.close()));
});
afterAll(() => cluster.stop());

const newNumbers = () => defineTopic(`numbers-${process.pid}-${++names}`, { raw: true, partitions: 4 });

/** A member in a client of its own, with what it saw. */
async function join(topic: ReturnType<typeof newNumbers>, group: string, options: Partial<KafkaOptions> = {}) {
  const adapter = kafkaOf(cluster, { groupProtocol: 'consumer', ...options });
  const streams = await createStreams({ adapter, topics: [topic] });
  open.push(streams);
  const consumer = streams.consumer(topic, { group, commitInterval: 20 });
  const seen: string[] = [];
  const running = consumer.run(async ({ value }) => {
    seen.push(String(value));
  });
  return { streams, consumer, seen, running, share: () => consumer.assignments.length };
}

async function send(
  streams: Streams,
  topic: ReturnType<typeof newNumbers>,
  from: number,
  to: number,
): Promise<string[]> {
  const values = Array.from({ length: to - from }, (_, index) => String(from + index));
  const producer = streams.producer(topic);
  await Promise.all(values.map((value) => producer.send({ key: value, value: Buffer.from(value) })));
  return values;
}

const byNumber = (values: readonly string[]): string[] => values.toSorted((a, b) => Number(a) - Number(b));
const conflict = (says: RegExp) => ({ code: 'conflict', message: expect.stringMatching(says) as unknown });

describe('a group of the newer protocol', () => {
  it('shares the partitions of its members, moves them without a loss or a repetition, and is looked after by the administration', async () => {
    const topic = newNumbers();
    const group = `modern-${++names}`;
    const a = await join(topic, group);
    await expect.poll(a.share, { timeout: 20_000 }).toBe(4);
    const first = await send(a.streams, topic, 0, 40);
    const b = await join(topic, group);
    await expect.poll(() => [a.share(), b.share()], { timeout: 20_000 }).toEqual([2, 2]);
    const second = await send(a.streams, topic, 40, 80);
    await expect.poll(() => a.seen.length + b.seen.length, { timeout: 20_000 }).toBe(80);
    const { admin } = a.streams;
    const members = await admin.members(topic, group);
    expect(members.flatMap(({ partitions }) => partitions).toSorted()).toEqual(['0', '1', '2', '3']);
    await expect(admin.reset(topic, group, 'earliest')).rejects.toMatchObject(conflict(/has 2 members. Stop them/));

    await b.consumer.close();
    await expect.poll(a.share, { timeout: 20_000 }).toBe(4);
    const third = await send(a.streams, topic, 80, 120);
    await expect.poll(() => a.seen.length + b.seen.length, { timeout: 20_000 }).toBe(120);
    expect(byNumber([...a.seen, ...b.seen])).toEqual([...first, ...second, ...third]);
    await a.consumer.close();
    await Promise.all([a.running, b.running]);
    expect((await admin.lag(topic, group)).map(({ events }) => events)).toEqual([0, 0, 0, 0]);
    await admin.reset(topic, group, 'earliest');
    const lag = await admin.lag(topic, group);
    expect(lag.reduce((sum, { events = 0 }) => sum + events, 0)).toBe(120);
  });

  it('has members of any client', async () => {
    const topic = newNumbers();
    const group = `modern-${++names}`;
    const a = await join(topic, group);
    await expect.poll(a.share, { timeout: 20_000 }).toBe(4);
    const theirs = await ModernMember.join(cluster.nodes[0]?.port ?? 0, 'consumer', group, topic.name);
    await expect.poll(a.share, { timeout: 20_000 }).toBe(2);
    await theirs.leave();
    await expect.poll(a.share, { timeout: 20_000 }).toBe(4);
  });

  it('reads the partitions of a topic that grows', async () => {
    const kafka = kafkaOf(cluster, { groupProtocol: 'consumer' });
    adapters.push(kafka);
    const topic = await newTopic(kafka.admin, { partitions: 1 });
    const stop = new AbortController();
    const partitions: string[] = [];
    const running = kafka.createSource({ topic, group: `modern-${++names}`, from: 'earliest', clientId: 'x' }).run(
      {
        assigned: ({ partition }) => partitions.push(partition),
        revoking: async () => undefined,
        lost: () => undefined,
      },
      stop.signal,
    );
    await expect.poll(() => partitions, { timeout: 20_000 }).toEqual(['0']);
    await kafka.admin.alterTopic(topic, { partitions: 3 });
    await expect.poll(() => partitions.toSorted(), { timeout: 20_000 }).toEqual(['0', '1', '2']);
    stop.abort();
    await running;
  });

  it('refuses the commit of a member that it has removed, and that of an epoch that is over', async () => {
    const kafka = kafkaOf(cluster);
    const wire = wireOf(cluster);
    adapters.push(kafka);
    const topic = await newTopic(kafka.admin, { partitions: 2 });
    const topicId = (await wire.topicId(topic)) ?? '';
    const group = `modern-${++names}`;
    const beat = async (memberId: string, epoch: number, owned: readonly number[]) => {
      const request = { group, memberId, epoch, topic, topicId, owned, rebalanceTimeoutMs: 60_000 };
      return wire.consumerHeartbeat(await wire.coordinator(group), request);
    };
    const commit = async (memberId: string, generation: number) => {
      const member = { group, memberId, generation, protocol: 'consumer' } as const;
      const [result] = await wire.offsetCommit(await wire.coordinator(group), member, topic, new Map([[0, 0n]]));
      return result?.error;
    };
    const memberId = randomUUID();
    let joined = await beat(memberId, 0, []);
    await expect
      .poll(async () => (joined = await beat(memberId, joined.epoch, [])).assignment?.get(topicId)?.length, {
        timeout: 20_000,
      })
      .toBe(2);
    expect(await commit(memberId, joined.epoch)).toBe(0);
    expect(await commit(memberId, joined.epoch - 1)).toBe(113);
    await beat(memberId, -1, []);
    expect(await commit(memberId, joined.epoch)).toBe(25);
    await wire.close();
  });
});

describe('members of two protocols', () => {
  it('are no members of one group: whoever comes second is told so, and `auto` follows who is there', async () => {
    const topic = newNumbers();
    const group = `mixed-${++names}`;
    const classic = await join(topic, group, { groupProtocol: 'classic' });
    await expect.poll(classic.share, { timeout: 20_000 }).toBe(4);
    const refused = await join(topic, group);
    await expect(refused.running).rejects.toMatchObject(conflict(/classic group protocol.*Stop them first/));
    const follower = await join(topic, group, { groupProtocol: 'auto' });
    await expect.poll(() => [classic.share(), follower.share()], { timeout: 20_000 }).toEqual([2, 2]);
    await Promise.all([classic.consumer.close(), follower.consumer.close()]);

    const first = await join(topic, group, { groupProtocol: 'auto' });
    await expect.poll(first.share, { timeout: 20_000 }).toBe(4);
    const late = await join(topic, group, { groupProtocol: 'classic' });
    await expect(late.running).rejects.toMatchObject(conflict(/group\.protocol=consumer.*Stop them first/));
    const second = await join(topic, group, { groupProtocol: 'consumer' });
    await expect.poll(() => [first.share(), second.share()], { timeout: 20_000 }).toEqual([2, 2]);
  });
});
