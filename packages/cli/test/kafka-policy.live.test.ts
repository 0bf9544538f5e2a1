import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import { createStreams, defineTopic, StreamError, type Streams } from 'isostream';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Binding, grantExactly } from './support/kafka-acls.ts';
import { isostreamWith } from './support/run.ts';

let cluster: KafkaCluster;
let admin: Admin;
/** Who may do everything, and who may do what the policy says. */
let owner: Streams;
let brokers: readonly string[];

beforeAll(async () => {
  cluster = await startKafka({ mode: 'native', secured: true });
  const { saslPlaintext = '', username = '', password = '' } = cluster.security ?? {};
  brokers = [saslPlaintext];
  const sasl = { mechanism: 'plain', username, password } as const;
  admin = new Kafka({ brokers: [saslPlaintext], sasl, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  owner = await createStreams({ adapter: createKafka({ brokers, sasl }), topics: [] });
}, 120_000);

afterAll(async () => {
  await owner.close();
  await admin.disconnect();
  await cluster.stop();
});

function policy(...args: readonly string[]): readonly Binding[] {
  const all = ['policy', '--provider', 'kafka', '--principal', 'User:bob', '--json', ...args];
  const { stdout, stderr, status } = isostreamWith({}, ...all);
  expect([status, stderr]).toEqual([0, '']);
  const bindings: readonly Binding[] = JSON.parse(stdout);
  return bindings;
}

const orders = (partitions: number, retention: '1h' | '2h') =>
  defineTopic('orders', { raw: true, partitions, retention, maxEventBytes: '2mb' });
const consent = ['grow-keyed-topic'] as const;
const everything = ['produce', 'consume', 'replay', 'redrive', 'validate', 'create', 'operate', 'delete'];

/** What a service and its operators do, from the first topic to the last; rejects with what is refused. */
async function work(topology: 'ensure' | 'validate'): Promise<void> {
  const { powerless } = cluster.security ?? {};
  const { username = '', password = '' } = powerless ?? {};
  const topic = orders(1, '1h');
  const adapter = createKafka({ brokers, sasl: { mechanism: 'scram-sha-256', username, password } });
  await using streams = await createStreams({ adapter, topics: [topic], topology });
  const event = (size: number) => ({ key: 'k', value: Buffer.alloc(size), headers: [] });
  // Larger than what is taken where the topic's own limit is not known.
  await streams.producer(topic).send(event(1_500_000));
  const consumer = streams.consumer(topic, { group: 'billing', retry: { attempts: 1 }, drainTimeout: '500ms' });
  const handled = consumer.run(() => {
    void consumer.close();
    throw new Error('fails');
  });
  await handled;
  expect(await streams.replay(topic, { from: 'earliest' }).run(() => undefined)).toEqual({ events: 1 });
  const { redriven } = await streams.redrive(topic, { group: 'billing' });
  // A letter that cannot be written blocks its key, and the consumer says so on no call of ours.
  if (redriven !== 1) throw new StreamError('unauthorized', 'no letter was written', { where: 'test' });
  if (topology === 'validate') return;
  await streams.admin.lag(topic, 'billing');
  await streams.admin.reset(topic, 'billing', 'earliest');
  await streams.admin.deleteGroup(topic, 'billing');
  for (const each of [
    orders(2, '2h'),
    defineTopic('orders.billing.dlq', { raw: true, partitions: 2, retention: '2h' }),
  ]) {
    await streams.admin.ensure(each, { consent: [...consent, 'shorten-retention'] });
    await streams.admin.delete(each);
  }
}

/** The owner sets things right for the next round. */
async function restore(topology: 'ensure' | 'validate'): Promise<void> {
  for (const topic of await owner.admin.topics()) {
    for (const group of await owner.admin.groups(topic)) await owner.admin.deleteGroup(topic, group);
    await owner.admin.delete(topic);
  }
  if (topology === 'ensure') return;
  await owner.admin.ensure(orders(1, '1h'));
  const consumer = owner.consumer(orders(1, '1h'), { group: 'billing' });
  const running = consumer.run(() => undefined);
  await consumer.ready;
  await consumer.close();
  await running;
}

/** Rights that something fails without: each costs a round. */
const proven = new Set<string>();

describe('isostream policy --provider kafka', { timeout: 120_000 }, () => {
  it.each([
    ['ensure', everything],
    ['validate', ['produce', 'consume', 'replay', 'redrive', 'validate']],
  ] as const)(
    'is enough for a fresh user with topology %s, and no right of it is too much',
    async (topology, roles) => {
      const bindings = policy('--topic', 'orders', '--group', 'billing', '--role', ...roles);
      await grantExactly(admin, bindings);
      await restore(topology);
      await work(topology);
      for (const binding of bindings) {
        const right = `${binding.operation} on ${binding.resourceType} ${binding.resourceName}`;
        if (proven.has(right)) continue;
        proven.add(right);
        await grantExactly(
          admin,
          bindings.filter((each) => each !== binding),
        );
        await restore(topology);
        await expect(work(topology), right).rejects.toMatchObject({
          code: expect.stringMatching(/^(unauthorized|event-too-large)$/),
        });
      }
    },
  );

  it('for a prefix is enough for the suite', async () => {
    await grantExactly(admin, policy('--topic', 'proof-*', '--group', 'proof-*', '--role', ...everything));
    const { powerless } = cluster.security ?? {};
    const url = `kafka://${powerless?.username}:${powerless?.password}@${brokers[0]}?sasl=scram-sha-256`;
    const scenario = 'no-loss/all-is,key-order,dead-letter,retry';
    const { status, stdout } = isostreamWith(
      {},
      'conformance',
      '--url',
      url,
      '--prefix',
      'proof-',
      '--scenario',
      scenario,
    );
    expect([status, stdout]).toEqual([0, expect.stringMatching(/ 0 failed/)]);
  });
});
