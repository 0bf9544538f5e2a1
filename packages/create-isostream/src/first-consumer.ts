/** The consumer that `isostream init` writes: one file that runs as it is. */
export const firstConsumer: string = `// Sends one order and bills it. Stop it with Ctrl-C; it finishes what it has begun.
import { connect, defineTopic } from 'isostream';
import { z } from 'zod';

const orders = defineTopic('orders', {
  events: { 'order.placed': z.object({ id: z.string(), total: z.number() }) },
  key: (event) => event.data.id,
});

// What goes wrong, such as a handler that throws, on the console. A logger such as pino fits as it is.
const logger = { ...console, debug() {}, info() {} };

// Which provider: isostream.json, or ISOSTREAM_URL, which wins.
const streams = await connect({ topics: [orders], logger });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void streams.close());

const billing = streams.consumer(orders, { group: 'billing', retry: { attempts: 5 } });
const running = billing.run({
  'order.placed': async (event, { attempt }) => {
    console.log(\`billed \${event.data.id}: \${event.data.total}, attempt \${attempt}\`);
  },
});

await streams.producer(orders).send({ type: 'order.placed', data: { id: 'o-1', total: 9 } });
await running;
`;
