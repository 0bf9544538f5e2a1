import { planTopology } from '@isostream/operations';
import { connect, type Consent, defineTopic } from 'isostream';
import { expect } from 'vitest';

/** What a service has in the end. */
export const topicsThen = ['topology-legacy', 'topology-orders', 'topology-orders.g.dlq'];

const orders = (partitions: number, retention: '24h' | '48h') =>
  defineTopic('topology-orders', { raw: true, partitions, retention });

/** Plans and applies declared topics on a service, from nothing to a change and to nothing to do. The topics that there are then. */
export async function playTopology(url: string): Promise<readonly string[]> {
  const legacy = defineTopic('topology-legacy', { raw: true, partitions: 1 });
  await using streams = await connect({ url, topics: [legacy] });
  const { settlement, reshard } = streams.adapter.capabilities;
  const plan = (topic: ReturnType<typeof orders>, ...consent: readonly Consent[]) =>
    planTopology(streams, [topic], { groups: ['g'], consent });
  const changes = async (...args: Parameters<typeof plan>) => {
    const { steps, undeclared } = (await plan(...args)).plan;
    expect(undeclared).toEqual([legacy.name]);
    return steps.map(({ topic, change }) => `${change} ${topic}`);
  };
  const same = ['none topology-orders', 'none topology-orders.g.dlq'];

  const first = orders(2, '24h');
  expect(await changes(first)).toEqual(['create topology-orders', 'create topology-orders.g.dlq']);
  expect(await streams.admin.topics()).toEqual([legacy.name]);
  await (await plan(first)).run();
  expect(await changes(first)).toEqual(same);

  const second = orders(4, '48h');
  if (settlement === 'watermark' && reshard === 'grow') {
    await expect((await plan(second)).run()).rejects.toMatchObject({ code: 'consent-required' });
    expect(await streams.admin.describe(first)).toMatchObject({ partitions: 2, retentionMs: 86_400_000 });
  }
  expect(await changes(second)).toContain('alter topology-orders');
  await (await plan(second, 'grow-keyed-topic')).run();
  expect(await changes(second)).toEqual(same);
  return (await streams.admin.topics()).toSorted();
}
