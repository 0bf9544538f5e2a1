import { connect } from 'isostream';
import { createService, orders } from './service.ts';

const streams = await connect({ url: process.env['ISOSTREAM_URL'] ?? 'memory:', topics: [orders] });
const { server, close } = createService(streams);
server.listen(Number(process.env['PORT'] ?? 3000), () => console.log('listening', server.address()));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void close());
