import { type KafkaCluster, type KafkaSecurity, startKafka } from '@isostream/emulators';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKafka, type KafkaAdapter, type KafkaOptions } from './support/open.ts';
import { brokersOf, newTopic } from './support/cluster.ts';
import { kafkajsClient } from './support/log.ts';

let cluster: KafkaCluster;
let security: KafkaSecurity;
let admin: KafkaAdapter;
const open: { close(): Promise<void> }[] = [];
let names = 0;

function client(options: Partial<KafkaOptions> = {}): KafkaAdapter {
  return createKafka({ brokers: brokersOf(cluster), sessionTimeout: '3s', ...options });
}

/** A user of its own, known by an unsigned token, that may do nothing but what it is granted. */
function clientOf(user: string): KafkaAdapter {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = async (): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000);
    return `${part({ alg: 'none' })}.${part({ sub: user, iat: now, exp: now + 300 })}.`;
  };
  return client({ brokers: [security.saslPlaintext], sasl: { mechanism: 'oauthbearer', token } });
}

async function mayRead(user: string, topic: string, group: string): Promise<void> {
  const acl = (resourceType: AclResourceTypes, resourceName: string) => ({
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: AclOperationTypes.READ,
    permissionType: AclPermissionTypes.ALLOW,
  });
  const kafkajs = kafkajsClient(brokersOf(cluster)).admin();
  await kafkajs.createAcls({ acl: [acl(AclResourceTypes.TOPIC, topic), acl(AclResourceTypes.GROUP, group)] });
  await kafkajs.disconnect();
}

/** A member of one group that reads one topic, and what it holds. */
function member(adapter: KafkaAdapter, topic: string, group: string): { readonly holds: () => readonly string[] } {
  const stop = new AbortController();
  const held = new Set<string>();
  const running = adapter.createSource({ topic, group, from: 'earliest', clientId: 'x' }).run(
    {
      assigned: ({ partition }) => held.add(partition),
      revoking: async ({ partition }) => void held.delete(partition),
      lost: ({ partition }) => held.delete(partition),
    },
    stop.signal,
  );
  // The test awaits it at its end; until then a failure is nobody's.
  running.catch(() => undefined);
  open.push({
    async close() {
      stop.abort();
      await running;
      await adapter.close();
    },
  });
  return { holds: () => [...held].toSorted() };
}

function upTo(count: number): string[] {
  return Array.from({ length: count }, (_, partition) => String(partition));
}

beforeAll(async () => {
  cluster = await startKafka({ secured: true });
  if (cluster.security === undefined) throw new Error('the cluster is not secured');
  security = cluster.security;
  admin = client();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await admin.close();
  await cluster.stop();
});

const soon = { timeout: 15_000 };

describe('one group name on two topics: what one of them gains is read, whoever leads', () => {
  const leaders: Record<string, (group: string, other: string) => Promise<KafkaAdapter>> = {
    'a member that reads the other one': async () => client(),
    'a member that may not look at it': async (group, other) => {
      await mayRead('carol', other, group);
      return clientOf('carol');
    },
  };

  it.each(Object.entries(leaders))('%s', async (_, leader) => {
    const group = `two-${++names}`;
    const [topic, other] = [
      await newTopic(admin.admin, { partitions: 2 }),
      await newTopic(admin.admin, { partitions: 3 }),
    ];
    // Who is there first leads.
    const leading = member(await leader(group, other), other, group);
    await expect.poll(leading.holds, soon).toEqual(upTo(3));
    const reading = member(client(), topic, group);
    await expect.poll(reading.holds, soon).toEqual(upTo(2));

    await admin.admin.alterTopic(topic, { partitions: 6 });
    await expect.poll(reading.holds, soon).toEqual(upTo(6));
    expect(leading.holds()).toEqual(upTo(3));
  });

  it('and two members share them', async () => {
    const group = `two-${++names}`;
    const [topic, other] = [
      await newTopic(admin.admin, { partitions: 2 }),
      await newTopic(admin.admin, { partitions: 1 }),
    ];
    const leading = member(client(), other, group);
    await expect.poll(leading.holds, soon).toEqual(upTo(1));
    const readers = [member(client(), topic, group), member(client(), topic, group)];
    const sizes = (): number[] => readers.map(({ holds }) => holds().length);
    await expect.poll(sizes, soon).toEqual([1, 1]);
    await admin.admin.alterTopic(topic, { partitions: 6 });
    await expect.poll(sizes, soon).toEqual([3, 3]);
    expect(readers.flatMap(({ holds }) => holds()).toSorted()).toEqual(upTo(6));
  });
});
