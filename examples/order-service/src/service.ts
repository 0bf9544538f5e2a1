import { isostream, type IsostreamPluginOptions } from '@isostream/fastify';
import { createPrometheus } from '@isostream/prometheus';
import { fastify, type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { skip, StreamError } from 'isostream';
import type { Pool } from 'pg';
import { ExampleBank } from './bank.ts';
import { openOrderTable } from './order-table.ts';
import { order, orders as ordersOfHere } from './topics.ts';

const group = 'billing';

/**
 * Orders over HTTP and the consumer that bills them. With a database, an order and its event are written in one transaction;
 * without one, events are sent at once and orders are kept nowhere else. It listens to nothing yet.
 */
export async function createService(
  client: IsostreamPluginOptions,
  options: FastifyServerOptions = {},
  orders = ordersOfHere,
  database?: Pool,
): Promise<{ readonly app: FastifyInstance; readonly bank: ExampleBank }> {
  const bank = new ExampleBank();
  const app = fastify(options);
  await app.register(isostream, client);
  const producer = app.streams.producer(orders);
  const metrics = createPrometheus({ streams: [app.streams] });
  app.addHook('onClose', async () => metrics.close());
  const table = database && (await openOrderTable(database, orders, app.streams));
  table?.relayed.catch((error: unknown) => {
    app.log.fatal(error);
    void app.close();
  });
  app.addHook('onClose', async () => table?.close());

  app.consume(
    orders,
    { group, retry: { attempts: 4, backoff: { initial: '500ms', max: '10s' } } },
    {
      'order.placed': async ({ data }) => {
        await bank.charge(data.id, data.total);
        await producer.send({ type: 'order.billed', data: { id: data.id } });
      },
      'order.billed': skip,
    },
  );

  app.post('/orders', async (request, reply) => {
    const { data, error } = order.safeParse(request.body);
    if (data === undefined) return reply.code(400).send({ error: error.issues });
    if (table === undefined) return reply.code(202).send(await producer.send({ type: 'order.placed', data }));
    const isNew = await table.place(data);
    return isNew ? reply.code(202).send({ id: data.id }) : reply.code(409).send({ error: `order ${data.id} exists` });
  });
  app.get('/dead-letters', async () => {
    const letters = [];
    for await (const { key, attempts, error } of app.streams.deadLetters(orders, { group }))
      letters.push({ key, attempts, error });
    return letters;
  });
  app.get('/metrics', (_, reply) => metrics.metrics().then((text) => reply.type('text/plain').send(text)));
  app.post('/redrive', () => app.streams.redrive(orders, { group }));
  app.post<{ Params: { state: string } }>('/bank/:state', (request, reply) => {
    bank.isDown = request.params.state === 'down';
    return reply.send({ isDown: bank.isDown });
  });
  app.setErrorHandler((error, _, reply) => {
    const isBusy = StreamError.is(error) && error.retryable;
    return reply.code(isBusy ? 503 : 500).send({ error: StreamError.is(error) ? error.code : 'internal' });
  });
  return { app, bank };
}
