import { expect, it } from 'vitest';
import { createKinesis } from './support/open.ts';

it('copies no record for a logger that nobody can give', async () => {
  const adapter = createKinesis({ region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  const { kinesis, dynamo } = adapter.native;
  const steps = [kinesis, dynamo].map((client) => client.middlewareStack.identify().join(' '));
  expect(steps).toEqual([expect.stringContaining('getUserAgent'), expect.stringContaining('getUserAgent')]);
  expect(steps.join(' ')).not.toContain('loggerMiddleware');
  await adapter.close();
});
