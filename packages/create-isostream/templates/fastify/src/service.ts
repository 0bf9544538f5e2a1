import { isostream } from '@isostream/fastify';
import { createPrometheus } from '@isostream/prometheus';
import { fastify } from 'fastify';
import type { ConnectOptions } from 'isostream';
import { Bank } from './bank.js';
import { billing, handlers } from './handlers.js';
import { place } from './intake.js';
import { orders } from './topics.js';

/** Takes orders at `POST /orders`, bills them, and answers `/metrics`, `/livez`, `/readyz` and `/startupz`. */
export async function start(client: ConnectOptions, port: number) {
  const app = fastify({ logger: { level: 'warn' } });
  // Opens the client, serves the probes, and closes in order: HTTP, consumers, producers.
  await app.register(isostream, client);
  const { streams } = app;
  const metrics = createPrometheus({ streams: [streams] });
  const producer = streams.producer(orders);
  const bank = new Bank();

  app.consume(orders, billing, handlers(bank, producer));
  app.post('/orders', async (request, reply) => reply.code(await place(producer, request.body)).send());
  app.get('/metrics', (_, reply) => metrics.metrics().then((text) => reply.type('text/plain').send(text)));
  app.addHook('onClose', async () => metrics.close());

  await app.listen({ port, host: '0.0.0.0' });
  const address = app.server.address();
  const url = `http://localhost:${typeof address === 'object' ? address?.port : port}`;
  return { url, streams, bank, close: () => app.close() };
}
