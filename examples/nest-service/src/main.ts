import { createService } from './service.ts';
import { orders } from './topics.ts';

const app = await createService({ url: process.env['ISOSTREAM_URL'] ?? 'memory:', topics: [orders] });
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT'] ?? 3000));
console.log('listening', await app.getUrl());
