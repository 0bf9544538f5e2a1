import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { TcpProxy } from '@isostream/fault-injection';
import { expect, it } from 'vitest';
import { closeClients, createClients } from '../src/client/connection.ts';
import { resolveOptions } from '../src/options.ts';
import { startDynalite } from './support/dynalite.ts';

it('gives up all connections whose other end is gone after one request, not after one request each', async () => {
  await using dynalite = await startDynalite();
  await using proxy = await TcpProxy.listen({ to: Number(new URL(dynalite.endpoint).port) });
  const clients = createClients(
    resolveOptions({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'isostream', secretAccessKey: 'isostream' },
      dynamoEndpoint: `http://127.0.0.1:${proxy.port}`,
      requestTimeout: 300,
    }),
  );
  const call = (): Promise<unknown> => clients.dynamo.send(new ListTablesCommand({}));
  await Promise.all(Array.from({ length: 5 }, call));
  expect(proxy.halfOpen()).toBe(5);

  await expect(call()).rejects.toMatchObject({ name: 'TimeoutError' });
  await call();
  expect([proxy.abandoned, proxy.connections]).toEqual([5, 6]);
  closeClients(clients);
});
