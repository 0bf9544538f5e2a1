import { start } from './service.js';
import { orders } from './topics.js';

// What goes wrong, such as a handler that throws, on the console. A logger such as pino fits as it is.
const logger = { ...console, debug() {}, info() {} };

// Which provider: isostream.json, or ISOSTREAM_URL, which wins.
const service = await start({ topics: [orders], logger }, Number(process.env['PORT'] ?? 3000));
console.log(`listening on ${service.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void service.close());
