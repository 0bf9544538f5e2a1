import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaAdapter } from './support/open.ts';
import { event, kafkaOf, newTopic, openSink, readAll, write } from './support/cluster.ts';
import { ModernMember } from './support/modern-group.ts';

let cluster: KafkaCluster;
let kafka: KafkaAdapter;
let topic: string;
let names = 0;

beforeAll(async () => {
  cluster = await startKafka();
  kafka = kafkaOf(cluster);
  topic = await newTopic(kafka.admin, { partitions: 2 });
  // The first question for a group makes the topic in which groups are kept.
  await kafka.admin.lag(topic, 'any');
  await write(await openSink(kafka, topic), [event('a', '1')]);
});
afterAll(async () => {
  await kafka.close();
  await cluster.stop();
});

const port = (): number => cluster.nodes[0]?.port ?? 0;
const nothing = { assigned: () => undefined, revoking: async () => undefined, lost: () => undefined };

function run(group: string, signal = new AbortController().signal): Promise<void> {
  return kafka.createSource({ topic, group, from: 'earliest', clientId: 'x' }).run(nothing, signal);
}

const conflict = (says: RegExp) => ({ code: 'conflict', message: expect.stringMatching(says) as unknown });

describe('a group of consumers of the newer protocol', () => {
  it('is refused while it has members, by name and with the cure', async () => {
    const group = `theirs-${++names}`;
    const member = await ModernMember.join(port(), 'consumer', group, topic);
    const refused = conflict(/group\.protocol=consumer.*Stop them/);
    await expect(run(group)).rejects.toMatchObject(refused);
    expect(await kafka.admin.listMembers(topic, group)).toMatchObject([{ clientId: 'x', partitions: ['0', '1'] }]);
    await expect(kafka.admin.resetGroup(topic, group, 'latest')).rejects.toMatchObject(
      conflict(/has 1 member\. Stop it/),
    );
    await expect(kafka.admin.deleteGroup(topic, group)).rejects.toMatchObject({ code: 'conflict' });
    expect(await kafka.admin.lag(topic, group)).toMatchObject([{ committed: undefined }, { committed: undefined }]);
    await member.leave();
  });

  it('can be taken over once it is empty, its positions too', async () => {
    const group = `theirs-${++names}`;
    const member = await ModernMember.join(port(), 'consumer', group, topic);
    await member.leave();
    await kafka.admin.resetGroup(topic, group, 'latest');
    expect(await kafka.admin.listGroups(topic)).toContain(group);
    const stop = new AbortController();
    const lanes: string[] = [];
    const running = kafka.createSource({ topic, group, from: 'earliest', clientId: 'x' }).run(
      {
        ...nothing,
        assigned: ({ partition }) => {
          if (lanes.push(partition) === 2) stop.abort();
        },
      },
      stop.signal,
    );
    await running;
    expect(lanes.toSorted()).toEqual(['0', '1']);
    await kafka.admin.deleteGroup(topic, group);
    expect(await kafka.admin.listGroups(topic)).not.toContain(group);
  });
});

describe('a share group', () => {
  it.each([true, false])('is refused by its type; with members: %s', async (hasMembers) => {
    const group = `shared-${++names}`;
    const member = await ModernMember.join(port(), 'share', group, topic);
    if (!hasMembers) await member.leave();
    const refused = conflict(/type "share".*Choose another group/);
    await expect(run(group)).rejects.toMatchObject(refused);
    await expect(kafka.admin.resetGroup(topic, group, 'latest')).rejects.toMatchObject(refused);
    await expect(kafka.admin.deleteGroup(topic, group)).rejects.toMatchObject(refused);
    await expect(kafka.admin.lag(topic, group)).rejects.toMatchObject(refused);
    if (hasMembers) await member.leave();
  });
});

describe('names that other clients give', () => {
  it.each(['orders:billing', 'a group with spaces', 'größe-注文', '.', 'x'.repeat(200), '__internal'])(
    'as %s for a group are taken, by members and by the administration',
    async (group) => {
      await kafka.admin.resetGroup(topic, group, 'latest');
      expect(await kafka.admin.listGroups(topic)).toContain(group);
      const stop = new AbortController();
      let lanes = 0;
      await kafka.createSource({ topic, group, from: 'earliest', clientId: 'x' }).run(
        {
          ...nothing,
          assigned: () => {
            if (++lanes === 2) stop.abort();
          },
        },
        stop.signal,
      );
      expect(await kafka.admin.lag(topic, group)).toMatchObject([{ events: 0 }, { events: 0 }]);
      await kafka.admin.deleteGroup(topic, group);
    },
  );

  it.each(['__debezium-heartbeat.inventory', 'a', '_x.y-Z', '1st'])('as %s for a topic', async (name) => {
    await kafka.admin.createTopic(name, { partitions: 1 });
    expect(await kafka.admin.listTopics()).toContain(name);
    expect(await kafka.admin.describeTopic(name)).toMatchObject({ name, partitions: 1 });
    const written = await write(await openSink(kafka, name), [event('k', 'v')]);
    expect(written).toEqual([{ partition: '0', position: '0' }]);
    expect((await readAll(kafka, { topic: name, from: 'earliest', to: 'now' })).events).toHaveLength(1);
    await kafka.admin.deleteTopic(name);
  });
});
