import { startBroker } from '@isostream/emulators';
import { it } from 'vitest';
import { traceOfARequest } from './trace-of-a-request.ts';

it('a trace goes from an HTTP request over two consumers, a retry and a dead letter to its redrive', async () => {
  await using broker = await startBroker('pubsub', { mode: 'native' });
  await traceOfARequest(broker.url, 'pubsub');
});
