import { getRequestListener } from '@hono/node-server';
import { createPrometheus } from '@isostream/prometheus';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
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

  const app = new Hono();
  app.use(bodyLimit({ maxSize: 1_048_576 }));
  app.post('/orders', async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    return context.body(null, await place(producer, body));
  });
  app.get('/metrics', async (context) => context.text(await metrics.metrics()));
  for (const [path, holds] of [
    ['/livez', 'live'],
    ['/readyz', 'ready'],
    ['/startupz', 'started'],
  ] as const)
    app.get(path, async (context) => context.body(null, (await streams.health())[holds] ? 200 : 503));
  const { server, url } = await listen(getRequestListener(app.fetch), port);

  /** In this order: HTTP, consumers, producers. */
  const close = async (): Promise<void> => {
    await closed(server);
    await streams.close();
    metrics.close();
  };
  return { url, streams, bank, close };
}
