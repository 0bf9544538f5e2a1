import { createService } from './service.ts';
import { orders } from './topics.ts';

const url = process.env['ISOSTREAM_URL'] ?? 'memory:';
const { app } = await createService({ url, topics: [orders] }, { logger: true });
await app.listen({ port: Number(process.env['PORT'] ?? 3000), host: '0.0.0.0' });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void app.close());
