import { isostream, type IsostreamPluginOptions } from '@isostream/fastify';
import { fastify, type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { skip, StreamError } from 'isostream';
import { ExampleBank } from './bank.ts';
import { order, orders } from './topics.ts';

const group = 'billing';

/** Orders over HTTP and the consumer that bills them. It listens to nothing yet. */
export async function createService(
  client: IsostreamPluginOptions,
  options: FastifyServerOptions = {},
): Promise<{ readonly app: FastifyInstance; readonly bank: ExampleBank }> {
  const bank = new ExampleBank();
  const app = fastify(options);
  await app.register(isostream, client);
  const producer = app.streams.producer(orders);

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

  app.post('/orders', (request, reply) => {
    const { data, error } = order.safeParse(request.body);
    if (data === undefined) return reply.code(400).send({ error: error.issues });
    return producer.send({ type: 'order.placed', data }).then((receipt) => reply.code(202).send(receipt));
  });
  app.get('/dead-letters', async () => {
    const letters = [];
    for await (const { key, attempts, error } of app.streams.deadLetters(orders, { group }))
      letters.push({ key, attempts, error });
    return letters;
  });
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
