import { createMemory, createVirtualClock } from '@isostream/memory';
import { fastify, type FastifyInstance } from 'fastify';
import { connect, defineTopic, skip, type StreamEvent } from 'isostream';
import { afterEach, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { isostream, type IsostreamPluginOptions } from '../src/index.ts';

const orders = defineTopic('orders', {
  events: { 'order.placed': z.object({ id: z.string() }), 'order.paid': z.object({ id: z.string() }) },
  key: (event) => event.data.id,
});
const bills = defineTopic('bills', { events: { billed: z.object({ id: z.string() }) }, key: null });
const retry = { attempts: 3, backoff: { initial: '1s', jitter: 'none' } } as const;
const placed = (id: string): { type: 'order.placed'; data: { id: string } } => ({ type: 'order.placed', data: { id } });

/** A promise, and what resolves it. */
function signal<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}

const opened: FastifyInstance[] = [];
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

async function service(options: Partial<IsostreamPluginOptions> = {}): Promise<FastifyInstance> {
  const app = fastify();
  opened.push(app);
  await app.register(isostream, { adapter: createMemory(), topics: [orders, bills], ...options });
  return app;
}

it('decorates the whole application, with types', async () => {
  const app = await service();
  app.register(async (scope) => {
    const producer = scope.streams.producer(orders);
    scope.post('/orders/:id', (request) => producer.send(placed((request.params as { id: string }).id)));
  });
  app.consume(orders, { group: 'types' }, (event) => {
    expectTypeOf(event.type).toEqualTypeOf<'order.placed' | 'order.paid'>();
  });
  const answer = await app.inject({ method: 'POST', url: '/orders/1' });
  expect(answer.json()).toEqual({ partition: expect.any(String), position: expect.any(String) });
});

it('starts consumers when the application is ready, and those that are added later at once', async () => {
  const app = await service();
  const seen: string[] = [];
  const done = signal<undefined>();
  const handler =
    (group: string): (() => void) =>
    () => {
      seen.push(group);
      if (seen.length === 2) done.resolve(undefined);
    };
  const early = app.consume(orders, { group: 'early' }, handler('early'));
  await app.streams.producer(orders).send(placed('1'));
  expect(early.assignments).toEqual([]);
  await app.ready();
  app.consume(orders, { group: 'late', from: 'earliest' }, handler('late'));
  await done.promise;
  expect(seen.toSorted()).toEqual(['early', 'late']);
});

it('lets an injected request wait for the retries of a handler, on a virtual clock', async () => {
  const clock = createVirtualClock();
  const app = await service({ adapter: createMemory({ clock }), clock });
  const billed = signal<number>();
  app.consume(orders, { group: 'billing', retry }, (_, { attempt }) => {
    if (attempt < 3) throw new Error('the bank is down');
    billed.resolve(attempt);
  });
  const producer = app.streams.producer(orders);
  app.post('/orders', async () => {
    await producer.send(placed('1'));
    return { attempts: await billed.promise };
  });
  const answer = await clock.advanceUntil(app.inject({ method: 'POST', url: '/orders' }));
  expect(answer.json()).toEqual({ attempts: 3 });
  expect(clock.monotonic()).toBeGreaterThanOrEqual(3_000);
  await clock.advanceUntil(app.close());
});

it('closes in order: HTTP, consumers, producers', async () => {
  const order: string[] = [];
  const adapter = createMemory();
  const app = await service({ adapter });
  const [entered, release] = [signal<undefined>(), signal<undefined>()];
  const [orderSender, billSender] = [app.streams.producer(orders), app.streams.producer(bills)];
  const handling = signal<undefined>();
  const billing = app.consume(orders, { group: 'billing' }, async (event) => {
    handling.resolve(undefined);
    await release.promise;
    await billSender.send({ type: 'billed', data: { id: event.data.id } });
    order.push('handler');
  });
  app.post('/orders', async () => {
    entered.resolve(undefined);
    await handling.promise;
    await orderSender.send(placed('2'));
    order.push('request');
    return {};
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  await billing.ready;
  const answer = fetch(`${url}/orders`, { method: 'POST' });
  await entered.promise;
  const closed = app.close().then(() => order.push('closed'));
  await orderSender.send(placed('1'));
  expect((await answer).status).toBe(200);
  release.resolve(undefined);
  await closed;
  expect(order.at(0)).toBe('request');
  expect(order.at(-1)).toBe('closed');
  expect(order).toContain('handler');
  await expect(orderSender.send(placed('3'))).rejects.toMatchObject({ code: 'closed' });
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

it('keeps producers open until the last request has ended', async () => {
  const app = await service();
  const producer = app.streams.producer(orders);
  const [entered, go] = [signal<undefined>(), signal<undefined>()];
  app.post('/orders', async () => {
    entered.resolve(undefined);
    await go.promise;
    return producer.send(placed('1'));
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const answer = fetch(`${url}/orders`, { method: 'POST' });
  await entered.promise;
  const closed = app.close();
  while (app.server.listening) await new Promise((resolve) => setImmediate(resolve));
  go.resolve(undefined);
  expect((await answer).status).toBe(200);
  await closed;
});

it('answers the probes from the health of the client', async () => {
  const logged: unknown[] = [];
  const stream = { write: (line: string) => logged.push(JSON.parse(line)) };
  const app = fastify({ logger: { level: 'error', stream } });
  opened.push(app);
  await app.register(isostream, { adapter: createMemory(), topics: [orders], probes: { prefix: '/internal' } });
  const statuses = async (): Promise<number[]> =>
    Promise.all(
      ['livez', 'readyz', 'startupz'].map(async (path) => (await app.inject(`/internal/${path}`)).statusCode),
    );
  const consumer = app.consume(orders, { group: 'billing', onFailure: 'stop', retry: { attempts: 1 } }, () => {
    throw new Error('card 4111');
  });
  await app.ready();
  await consumer.ready;
  expect(await statuses()).toEqual([200, 200, 200]);
  await app.streams.producer(orders).send(placed('1'));
  while ((await app.streams.health()).live) await new Promise((resolve) => setImmediate(resolve));
  expect(await statuses()).toEqual([503, 503, 200]);
  const { body } = await app.inject('/internal/livez');
  expect(JSON.parse(body)).toMatchObject({ live: false, consumers: [{ group: 'billing', state: 'failed' }] });
  expect(body).not.toContain('4111');
  const about = { topic: 'orders', group: 'billing', err: { message: expect.any(String) } };
  // The client writes to the log of the application too, unless it has a logger of its own.
  expect(logged).toMatchObject([
    { ...about, msg: 'the consumer is failed' },
    { ...about, msg: expect.stringContaining('has stopped') },
  ]);
});

it('adds no route where probes are left out, and knows the options that Fastify adds', async () => {
  const app = fastify();
  opened.push(app);
  await app.register(isostream, {
    adapter: createMemory(),
    topics: [orders],
    probes: false,
    prefix: '/x',
    logLevel: 'warn',
  });
  expect((await app.inject('/readyz')).statusCode).toBe(404);
});

it('takes a client that is connected, and closes it', async () => {
  const streams = await connect({ adapter: createMemory(), topics: [orders] });
  const app = fastify();
  await app.register(isostream, { streams });
  expect(app.streams).toBe(streams);
  await app.close();
  expect(() => streams.producer(orders)).toThrow(expect.objectContaining({ code: 'closed' }));
});

it('keeps an application from starting that is configured wrongly, with the reason', async () => {
  const app = fastify();
  await expect(app.register(isostream, { url: 'nowhere://x', topics: [orders] })).rejects.toMatchObject({
    code: 'invalid-config',
  });
});

it('says which events a handler gets', async () => {
  const app = await service();
  const consume = (): void => {
    // @ts-expect-error a map of handlers names every type of event
    app.consume(orders, { group: 'billing' }, { 'order.placed': () => undefined });
    app.consume(orders, { group: 'ledger' }, (event: StreamEvent) => event.id);
    const paid = (id: string): string => id;
    app.consume(orders, { group: 'map' }, { 'order.placed': skip, 'order.paid': ({ data }) => paid(data.id) });
  };
  expect(consume).not.toThrow();
});
