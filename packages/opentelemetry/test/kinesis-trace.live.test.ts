import { startBroker } from '@isostream/emulators';
import { expect, it } from 'vitest';
import { traceOfARequest } from './trace-of-a-request.ts';

it('a trace goes from an HTTP request over two consumers, a retry and a dead letter to its redrive', async () => {
  await using broker = await startBroker('kinesis', { mode: 'native' });
  await expect(traceOfARequest(broker.url, 'kinesis')).resolves.toBeUndefined();
});
