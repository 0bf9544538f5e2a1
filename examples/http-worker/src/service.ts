import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { createPrometheus } from '@isostream/prometheus';
import { defineTopic, NonRetryableError, StreamError, type Streams } from 'isostream';
import { z } from 'zod';

const order = z.object({ id: z.string().min(1), total: z.number() });

/** Orders, in order for each id. */
export const orders = defineTopic('orders', {
  events: { 'order.placed': order },
  key: (event) => event.data.id,
});

export interface Service {
  readonly server: Server;
  readonly billed: ReadonlyMap<string, number>;
  /** Ends in order: HTTP, consumers, producers. */
  readonly close: () => Promise<void>;
}

/** Takes orders at `POST /orders`, bills them, and answers `/metrics`, `/livez`, `/readyz` and `/startupz`. */
export function createService(streams: Streams): Service {
  const metrics = createPrometheus({ streams: [streams] });
  const producer = streams.producer(orders);
  const billed = new Map<string, number>();
  const place = async (request: IncomingMessage): Promise<number> => {
    try {
      await producer.send({ type: 'order.placed', data: order.parse(await json(request)) });
      return 202;
    } catch (error) {
      return StreamError.is(error) && error.retryable ? 503 : 400;
    }
  };
  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/orders')
      void place(request).then((status) => answer(response, status));
    else metrics.handler(request, response);
  });
  const billing = streams.consumer(orders, { group: 'billing', retry: { attempts: 5 } });
  const running = billing.run({
    'order.placed': ({ data }) => {
      if (data.total < 0) throw new NonRetryableError('a negative total will never be right');
      billed.set(data.id, data.total);
    },
  });
  // A consumer that has failed shows in /livez, and the orchestrator restarts the process.
  running.catch((error: unknown) => console.error('billing has stopped', error));
  return {
    server,
    billed,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Else clients that keep a connection open hold the server, and the drain that follows.
      server.closeIdleConnections();
      await closed;
      await streams.close();
      metrics.close();
    },
  };
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close' }).end();
}
