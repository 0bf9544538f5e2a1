import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { createMemory, createMemoryBroker } from '@isostream/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { lagMetrics, LagWatch, planDeleteGroup, planReset } from '../src/index.ts';

const orders = defineTopic('orders', { raw: true, partitions: 2 });
const opened: Streams[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function open(broker = createMemoryBroker()): Promise<Streams> {
  const streams = await createStreams({ adapter: createMemory({ broker }), topics: [orders] });
  opened.push(streams);
  return streams;
}

async function send(streams: Streams, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => ({ key: String(index), value: Buffer.from('1') }));
  const producer = streams.producer(orders);
  await producer.sendBatch(events);
  await producer.close();
}

/** A member that handles so many events, and then none. */
async function handle(streams: Streams, count: number): Promise<void> {
  const consumer = streams.consumer(orders, { group: 'g', concurrency: 1 });
  let seen = 0;
  await consumer.run(() => {
    if (++seen === count) void consumer.close();
  });
}

describe('the plan of deleting a group', () => {
  it('tells that its position goes, and where events are settled one by one what waits for it as well', async () => {
    const streams = await open();
    await send(streams, 3);
    await handle(streams, 1);
    const { plan } = await planDeleteGroup(streams, 'orders', 'g');
    expect(plan.sentence).toBe(
      'deletes group g of topic orders and its position: where it starts again is decided by its next member',
    );
    const single = await open(createMemoryBroker({ settlement: 'individual' }));
    await send(single, 3);
    await handle(single, 1);
    const planned = await planDeleteGroup(single, 'orders', 'g');
    expect(planned.plan.sentence).toContain('events that wait for it');
    expect(await single.admin.groups(orders)).toEqual(['g']);
    await planned.run();
    expect(await single.admin.groups(orders)).toEqual([]);
  });
});

describe('looking at groups again and again', () => {
  it('tells how fast they are, and when they stop, are stuck and fall behind', async () => {
    const streams = await open();
    let now = 0;
    const watch = new LagWatch(streams);
    const look = async () => {
      now += 1_000;
      return (await watch.look({ now: () => now })).groups[0];
    };
    await send(streams, 10);
    await handle(streams, 10);
    expect(await look()).toMatchObject({ state: 'idle', events: 0, outPerSecond: null });
    await send(streams, 20);
    expect(await look()).toMatchObject({ state: 'stopped', events: 20, inPerSecond: 20, outPerSecond: 0 });
    // A member that holds its partitions and does nothing.
    const idle = streams.consumer(orders, { group: 'g' });
    const running = idle.run(() => new Promise(() => undefined));
    await idle.ready;
    const states = [(await look())?.state, (await look())?.state];
    expect(states.at(-1)).toBe('stuck');
    expect(await look()).toMatchObject({ stuckSince: new Date(1_000).toISOString() });
    await idle.close({ deadline: 1 });
    await running;
    await handle(streams, 5);
    expect(await look()).toMatchObject({ state: 'stopped', outPerSecond: 5, stuckSince: null });
    expect(watch.history('orders', 'g').map(({ events }) => events)).toEqual([0, 20, 20, 20, 20, 15]);
  });

  it('keeps the last figures while the service is away, and says so', async () => {
    const broker = createMemoryBroker();
    const streams = await open(broker);
    await send(streams, 4);
    await handle(streams, 4);
    const watch = new LagWatch(streams);
    expect(lagMetrics(watch.latest, Date.now())).toContain('isostream_exporter_up 0');
    await watch.look({ now: () => 5_000 });
    const back = broker.goAway();
    expect(await watch.look()).toMatchObject({
      at: new Date(5_000).toISOString(),
      stale: 'memory: the broker is out of reach',
    });
    const text = lagMetrics(watch.latest, 65_000);
    expect(text).toContain('isostream_exporter_up 0\n');
    expect(text).toContain('isostream_exporter_age_seconds 60\n');
    expect(text).toContain(
      'isostream_consumer_lag{messaging_destination_name="orders",messaging_consumer_group_name="g"} 0\n',
    );
    back();
    expect(await watch.look()).toMatchObject({ stale: null });
    expect(lagMetrics(watch.latest, Date.now())).toContain('isostream_exporter_up 1\n');
  });
});

const totalOf = (counts: readonly (number | null)[]): number =>
  counts.reduce<number>((all, one) => all + (one ?? Number.NaN), 0);

describe('a reset', () => {
  it('says beforehand what comes again and what is skipped, and does so', async () => {
    const streams = await open();
    await send(streams, 10);
    await handle(streams, 10);
    const [first] = await streams.admin.lag(orders, 'g');
    const { plan, run } = await planReset(streams, 'orders', 'g', new Map([['0', '1']]));
    const again = Number(first?.committed) - 1;
    expect(plan).toMatchObject({
      steps: [{ partition: '0', from: first?.committed, to: '1', again, skipped: 0 }],
      members: [],
      sentence: `moves group g on orders to 0=1: ${again} events come again, 0 are skipped`,
    });
    expect(await streams.admin.lag(orders, 'g')).toMatchObject([{ events: 0 }, { events: 0 }]);
    expect(await run()).toMatchObject({ events: again, partitions: [{ partition: '0', after: '1' }, {}] });
    const latest = await planReset(streams, 'orders', 'g', 'latest');
    expect(latest.plan.sentence).toContain(`0 events come again, ${again} are skipped`);
  });

  it('to a start says how many events come again or are skipped, and how many do', async () => {
    const streams = await open();
    await send(streams, 10);
    const middle = new Date();
    await handle(streams, 4);
    while (Date.now() <= middle.getTime());
    await send(streams, 5);
    const counted = async (target: 'earliest' | Date): Promise<readonly [again: number, skipped: number]> => {
      const { plan } = await planReset(streams, 'orders', 'g', target);
      return [totalOf(plan.steps.map(({ again }) => again)), totalOf(plan.steps.map(({ skipped }) => skipped))];
    };
    expect(await counted('earliest')).toEqual([4, 0]);
    expect(await counted(new Date(middle.getTime() + 1))).toEqual([0, 6]);
    expect(await counted(new Date(Date.now() + 60_000))).toEqual([0, 11]);
    const { run } = await planReset(streams, 'orders', 'g', 'earliest');
    expect(await run()).toMatchObject({ events: 15 });
    expect(await counted('earliest')).toEqual([0, 0]);
  });

  it('is refused, without effect, if the group has moved since the plan was made', async () => {
    const streams = await open();
    await send(streams, 10);
    await handle(streams, 5);
    const { run } = await planReset(streams, 'orders', 'g', 'latest');
    await handle(streams, 2);
    await expect(run()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/has changed since the plan was made: partition . went from/),
    });
    const lags = await streams.admin.lag(orders, 'g');
    expect(lags.reduce((sum, { events = 0 }) => sum + events, 0)).toBe(3);
  });

  it('is refused with members, by name', async () => {
    const streams = await open();
    await send(streams, 1);
    const consumer = streams.consumer(orders, { group: 'g', clientId: 'till' });
    const running = consumer.run(() => undefined);
    await consumer.ready;
    const { plan, run } = await planReset(streams, 'orders', 'g', 'earliest');
    expect(plan.members).toEqual(['till']);
    await expect(run()).rejects.toMatchObject({ code: 'conflict' });
    await consumer.close();
    await running;
  });
});
