import { createPrometheus } from '@isostream/prometheus';
import express from 'express';
import { connect, type ConnectOptions } from 'isostream';
import { Bank } from './bank.js';
import { billing, handlers } from './handlers.js';
import { closed, listen } from './http.js';
import { place } from './intake.js';
import { orders } from './topics.js';

/** Takes orders at `POST /orders`, bills them, and answers `/metrics`, `/livez`, `/readyz` and `/startupz`. */
export async function start(client: ConnectOptions, port: number) {
  const streams = await connect(client);
  const metrics = createPrometheus({ streams: [streams] });
  const producer = streams.producer(orders);
  const bank = new Bank();
  // A consumer that has failed shows in /livez, and the orchestrator restarts the process.
  streams
    .consumer(orders, billing)
    .run(handlers(bank, producer))
    .catch((error: unknown) => console.error('billing has stopped', error));

  const app = express();
  app.post('/orders', express.json(), async (request, response) => {
    response.status(await place(producer, request.body)).end();
  });
  app.use(metrics.handler);
  const { server, url } = await listen(app, port);

  /** In this order: HTTP, consumers, producers. */
  const close = async (): Promise<void> => {
    await closed(server);
    await streams.close();
    metrics.close();
  };
  return { url, streams, bank, close };
}
