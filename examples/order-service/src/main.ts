import { Pool } from 'pg';
import { createService } from './service.ts';
import { orders } from './topics.ts';
import { startTraces } from './traces.ts';

const url = process.env['ISOSTREAM_URL'] ?? 'memory:';
const traces = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] === undefined ? undefined : startTraces();
const middleware = traces === undefined ? [] : [traces.middleware];
const databaseUrl = process.env['DATABASE_URL'];
const database = databaseUrl === undefined ? undefined : new Pool({ connectionString: databaseUrl });
const { app } = await createService({ url, topics: [orders], middleware }, { logger: true }, orders, database);
// The pool opens another connection.
database?.on('error', (error) => app.log.warn(error));
app.addHook('onClose', () => traces?.close());
await app.listen({ port: Number(process.env['PORT'] ?? 3000), host: '0.0.0.0' });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void app.close());
