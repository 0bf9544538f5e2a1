import type { IncomingMessage, RequestListener } from 'node:http';
import { createPrometheus } from '@isostream/prometheus';
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

  const listener: RequestListener = (request, response) => {
    if (request.method !== 'POST' || request.url !== '/orders') return metrics.handler(request, response);
    json(request)
      .catch(() => undefined) // what is not JSON, or too long, is not an order
      .then((body) => place(producer, body))
      .catch((error: unknown) => {
        console.error('an order was not taken', error);
        return 500;
      })
      .then((status) => response.writeHead(status).end());
  };
  const { server, url } = await listen(listener, port);

  /** In this order: HTTP, consumers, producers. */
  const close = async (): Promise<void> => {
    await closed(server);
    await streams.close();
    metrics.close();
  };
  return { url, streams, bank, close };
}

const mostBytes = 1_048_576;

/** Throws for what is not JSON, and for more than a process should hold for one request. */
async function json(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new RangeError('the body is too long');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
