import { createStreams, defineTopic, StreamError, type Adapter, type Streams } from '@isostream/core';
import { describe, expect, it, vi } from 'vitest';
import { createMemory } from './support/open.ts';

const orders = defineTopic('orders', { raw: true, partitions: 1 });
const open = (adapter: Adapter = createMemory()): Promise<Streams> => createStreams({ adapter, topics: [orders] });
const event = (key: string): { key: string; value: Buffer } => ({ key, value: Buffer.from(key) });

/** Resolves once a look at the client's health finds this; the time limit of the test is the only one. */
async function until(
  streams: Streams,
  holds: (health: Awaited<ReturnType<Streams['health']>>) => boolean,
): Promise<void> {
  while (!holds(await streams.health())) await new Promise((resolve) => setImmediate(resolve));
}

describe('health', () => {
  it('is live, ready and started without anything that runs, and not ready once closed', async () => {
    const streams = await open();
    streams.producer(orders);
    expect(await streams.health()).toMatchObject({
      ...{ live: true, ready: true, started: true, consumers: [] },
      producers: [{ topic: 'orders', state: 'idle', buffered: 0, blocked: 0 }],
    });
    await streams.close();
    expect(await streams.health()).toMatchObject({ live: true, ready: false, producers: [] });
  });

  it('is not live while a handler is beyond its time and none returns, and live again when one does', async () => {
    await using streams = await open();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const consumer = streams.consumer(orders, {
      ...{ group: 'g', concurrency: 2, handlerTimeout: 5, retry: { attempts: 1 } },
    });
    void consumer.run(({ key }) => (key === 'hangs' ? held : undefined));
    await consumer.ready;
    await streams.producer(orders).send(event('hangs'));
    await until(streams, ({ live }) => !live);
    expect((await streams.health()).consumers).toMatchObject([{ state: 'running', stuck: true }]);
    // Another handler returns: there is progress, and no restart would help.
    await streams.producer(orders).send(event('passes'));
    await until(streams, ({ live }) => live);
    expect((await streams.health()).consumers[0]?.oldestHandlerMs).toBeGreaterThan(0);
    release();
    await until(streams, ({ consumers: [first] }) => first?.oldestHandlerMs === 0);
  });

  it('is live with a handler that takes long within its time', async () => {
    await using streams = await open();
    let entered = (): void => undefined;
    const began = new Promise<void>((resolve) => (entered = resolve));
    const consumer = streams.consumer(orders, { group: 'g' });
    void consumer.run(async (_, { signal }) => {
      entered();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    });
    await streams.producer(orders).send(event('k'));
    await began;
    expect(await streams.health()).toMatchObject({ live: true, ready: true });
    await consumer.close({ deadline: 1 });
  });

  it('is not live with a consumer that failed, until it is closed', async () => {
    await using streams = await open();
    const consumer = streams.consumer(orders, { group: 'g', onFailure: 'stop', retry: { attempts: 1 } });
    await streams.producer(orders).send(event('k'));
    await expect(
      consumer.run(() => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await streams.health()).toMatchObject({
      ...{ live: false, ready: false },
      consumers: [{ state: 'failed', lastError: { code: 'handler-failed' } }],
    });
    await consumer.close();
    expect(await streams.health()).toMatchObject({ live: true, ready: true, consumers: [] });
  });

  it('is not started with a consumer that failed before it had joined, and is with one that failed later', async () => {
    const adapter = createMemory();
    await using streams = await createStreams({ adapter, topics: [], topology: 'assume' });
    const early = streams.consumer(orders, { group: 'g' });
    await expect(early.run(() => undefined)).rejects.toMatchObject({ code: 'unknown-topic' });
    expect(await streams.health()).toMatchObject({ started: false, consumers: [{ state: 'failed' }] });
    await early.close();

    await streams.admin.ensure(orders);
    const late = streams.consumer(orders, { group: 'g', onFailure: 'stop', retry: { attempts: 1 } });
    await streams.producer(orders).send(event('k'));
    await expect(late.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await streams.health()).toMatchObject({ started: true, live: false, consumers: [{ state: 'failed' }] });
  });

  it('is not started nor ready while a consumer joins, and ready as a member without a partition', async () => {
    const adapter = createMemory();
    await using streams = await open(adapter);
    const first = streams.consumer(orders, { group: 'g' });
    void first.run(() => undefined);
    expect(await streams.health()).toMatchObject({ consumers: [{ topic: 'orders', group: 'g' }] });
    await first.ready;
    const starved = streams.consumer(orders, { group: 'g' });
    expect(await streams.health()).toMatchObject({ ready: true, consumers: [{}, { state: 'idle' }] });
    void starved.run(() => undefined);
    await starved.ready;
    const { live, ready, started, consumers } = await streams.health();
    expect({ live, ready, started }).toEqual({ live: true, ready: true, started: true });
    expect(consumers.map(({ state }) => state)).toEqual(['running', 'running']);
    expect(consumers.map(({ partitions }) => partitions).toSorted((one, other) => one - other)).toEqual([0, 1]);
  });

  it('is not ready while the service is away or says nothing, and says why', async () => {
    let answer: () => Promise<undefined> = async () => undefined;
    const memory = createMemory();
    vi.spyOn(memory.admin, 'describeTopic').mockImplementation(() => answer());
    await using streams = await createStreams({ adapter: memory, topics: [orders], topology: 'assume' });
    answer = () => Promise.reject(new StreamError('unavailable', 'nobody is there', { where: 'memory' }));
    expect(await streams.health()).toMatchObject({
      ...{ live: true, ready: false },
      service: { reachable: false, error: { code: 'unavailable' } },
    });
    answer = () => Promise.reject(new StreamError('unauthorized', 'not you', { where: 'memory' }));
    await until(streams, ({ ready }) => ready);
    answer = () => new Promise(() => undefined);
    await until(streams, ({ ready }) => !ready);
    expect((await streams.health()).service.error).toMatchObject({ code: 'timeout' });
  });

  it('tells why a send failed last', async () => {
    await using streams = await open();
    const producer = streams.producer(orders);
    // @ts-expect-error no event
    await producer.send({ key: 1 }).catch(() => undefined);
    expect((await streams.health()).producers).toMatchObject([
      { state: 'idle', lastError: { outcome: 'not-written' } },
    ]);
  });
});
