import { createStreams, defineTopic, type ErrorCode, StreamError, type Streams, type Topic } from '@isostream/core';
import { createMemory, createMemoryBroker } from '@isostream/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { planTopology, type TopicsPlan } from '../src/index.ts';

const day = 86_400_000;
const opened: Streams[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** A service that has these topics. */
async function serviceWith(...topics: readonly Topic[]): Promise<Streams> {
  const streams = await createStreams({ adapter: createMemory({ broker: createMemoryBroker() }), topics });
  opened.push(streams);
  return streams;
}

/** The same service, for somebody whom it refuses these lists. */
function refusing(streams: Streams, code: ErrorCode, ...lists: readonly ('groups' | 'topics')[]): Streams {
  const refused = async (): Promise<never> => {
    throw new StreamError(code, 'no permission', { where: 'test' });
  };
  const admin = instead(streams.admin, Object.fromEntries(lists.map((list) => [list, refused])));
  return instead(streams, { admin });
}

function instead<T extends object>(target: T, other: object): T {
  return new Proxy(target, {
    get(_, name): unknown {
      const found: unknown = Reflect.get(name in other ? other : target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

const topic = (name: string, partitions: number, retention: '1d' | '2d' | 'forever' = '2d') =>
  defineTopic(name, { raw: true, partitions, retention });

const changes = ({ steps }: TopicsPlan) => steps.map(({ topic: name, change }) => `${change} ${name}`);

describe('a plan of topics', () => {
  it('says what is to be created, changed and left, and what is not declared', async () => {
    const streams = await serviceWith(topic('orders', 2), topic('stock', 1, '1d'), topic('legacy', 1));
    const declared = [topic('orders', 2), topic('stock', 1, 'forever'), topic('payments', 4)];
    const { plan } = await planTopology(streams, declared);
    expect(plan).toMatchObject({
      steps: [
        { topic: 'orders', change: 'none', settings: [], problems: [] },
        { topic: 'stock', change: 'alter', settings: [{ name: 'retentionMs', from: day, to: 'forever' }] },
        {
          topic: 'payments',
          change: 'create',
          settings: [
            { name: 'partitions', from: undefined, to: 4 },
            { name: 'retentionMs', from: undefined, to: 2 * day },
          ],
        },
      ],
      undeclared: ['legacy'],
      sentence: 'creates 1 topic and changes 1 topic',
    });
    expect(await streams.admin.topics()).not.toContain('payments');
  });

  it('has the dead-letter topics of groups that are named, and of those that exist where they have one', async () => {
    const streams = await serviceWith(topic('orders', 2));
    for (const group of ['billing', 'audit']) {
      const consumer = streams.consumer(topic('orders', 2), {
        group,
        ...(group === 'audit' ? { onFailure: 'stop' } : {}),
      });
      const running = consumer.run(() => undefined);
      await consumer.ready;
      await consumer.close();
      await running;
    }
    const { plan } = await planTopology(streams, [topic('orders', 4)], { groups: ['shipping'] });
    expect(changes(plan)).toEqual(['alter orders', 'create orders.shipping.dlq', 'alter orders.billing.dlq']);
    expect(plan.steps[1]).toMatchObject({ deadLettersOf: { topic: 'orders', group: 'shipping' } });
    expect(plan.undeclared).toEqual([]);
  });

  it('has only named groups where the service does not list groups to us, says so, and can be applied', async () => {
    const streams = await serviceWith(topic('orders', 2), topic('orders.billing.dlq', 2));
    const pipeline = refusing(streams, 'unauthorized', 'groups');
    const declared = [topic('orders', 2), topic('payments', 1)];
    const planned = await planTopology(pipeline, declared, { groups: ['shipping'] });
    expect(changes(planned.plan)).toEqual([
      'none orders',
      'create orders.shipping.dlq',
      'create payments',
      'create payments.shipping.dlq',
    ]);
    // One that does not exist yet has no groups.
    expect([planned.plan.unlisted, planned.plan.undeclared]).toEqual([['orders'], ['orders.billing.dlq']]);
    await planned.run();
    expect(await streams.admin.topics()).toContain('orders.shipping.dlq');

    const { plan: blind } = await planTopology(refusing(streams, 'unsupported', 'groups', 'topics'), declared);
    expect([blind.unlisted, blind.undeclared]).toEqual([['orders', 'payments'], null]);
    expect((await planTopology(streams, declared)).plan.unlisted).toEqual([]);
    await expect(planTopology(refusing(streams, 'unavailable', 'groups'), declared)).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('refuses a topic that is declared twice in different ways, before anything is asked', async () => {
    const streams = await serviceWith();
    await expect(planTopology(streams, [topic('orders', 2), topic('orders', 4)])).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('topic "orders" is declared twice'),
    });
    const { plan } = await planTopology(streams, [topic('orders', 2), topic('orders', 2)]);
    expect(changes(plan)).toEqual(['create orders']);
  });

  it('takes a dead-letter topic as it is declared, where somebody declares it', async () => {
    const streams = await serviceWith();
    const letters = defineTopic('orders.billing.dlq', { raw: true, partitions: 7 });
    const { plan } = await planTopology(streams, [topic('orders', 2), letters], { groups: ['billing'] });
    expect(changes(plan)).toEqual(['create orders', 'create orders.billing.dlq']);
    expect(plan.steps[1]?.settings).toEqual([{ name: 'partitions', from: undefined, to: 7 }]);
  });

  it('changes nothing while one change needs consent or cannot be made, and names it', async () => {
    const streams = await serviceWith(topic('orders', 2), topic('stock', 4));
    const declared = [topic('payments', 1), topic('orders', 4), topic('stock', 2)];
    const planned = await planTopology(streams, declared);
    const problems = planned.plan.steps.flatMap((step) => step.problems.map(({ code }) => `${step.topic} ${code}`));
    expect(problems).toEqual(['orders consent-required', 'stock unsupported']);
    await expect(planned.run()).rejects.toMatchObject({
      code: 'consent-required',
      message: expect.stringMatching(/topic "orders": has 2 partitions.*1 more.*Nothing was changed/),
    });
    expect((await streams.admin.topics()).toSorted()).toEqual(['orders', 'stock']);

    const accepted = await planTopology(streams, declared.slice(0, 2), { consent: ['grow-keyed-topic'] });
    expect(accepted.plan.steps[1]).toMatchObject({ problems: [{ consent: 'grow-keyed-topic', accepted: true }] });
    await accepted.run();
    expect((await streams.admin.describe('orders'))?.partitions).toBe(4);
  });
});

describe('a plan that is applied', () => {
  const declared = ['one', 'two', 'three'].map((name) => topic(name, 2));

  it('leaves nothing to do, and deletes nothing', async () => {
    const streams = await serviceWith(topic('legacy', 1));
    const planned = await planTopology(streams, declared, { groups: ['g'] });
    const done: string[] = [];
    await planned.run((step) => done.push(step.topic));
    expect(done).toEqual(['one', 'one.g.dlq', 'two', 'two.g.dlq', 'three', 'three.g.dlq']);
    expect(await streams.admin.topics()).toContain('legacy');
    const { plan } = await planTopology(streams, declared, { groups: ['g'] });
    expect(plan.steps.every(({ change }) => change === 'none')).toBe(true);
    expect(plan.sentence).toBe('does nothing: every topic is as declared');
  });

  it('goes on where it was stopped', async () => {
    const streams = await serviceWith();
    const stop = new AbortController();
    const planned = await planTopology(streams, declared);
    const running = planned.run(() => stop.abort(new Error('stopped')), stop.signal);
    await expect(running).rejects.toThrow('stopped');
    expect(await streams.admin.topics()).toEqual(['one']);
    await planned.run();
    expect((await planTopology(streams, declared)).plan.steps.every(({ change }) => change === 'none')).toBe(true);
  });

  it('is refused for a topic that has changed since', async () => {
    const streams = await serviceWith(topic('orders', 2));
    const planned = await planTopology(streams, [topic('orders', 8)], { consent: ['grow-keyed-topic'] });
    await streams.admin.ensure(topic('orders', 4), { consent: ['grow-keyed-topic'] });
    await expect(planned.run()).rejects.toMatchObject({ code: 'conflict' });
    expect((await streams.admin.describe('orders'))?.partitions).toBe(4);
  });
});
