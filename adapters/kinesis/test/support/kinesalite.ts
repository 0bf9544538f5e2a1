import type { KinesisEmulator } from '@isostream/emulators';
import { once } from 'node:events';
import kinesalite from 'kinesalite';
import { startDynalite } from './dynalite.ts';

/** Another implementation of Kinesis, in this process: it keeps the limits of requests, and removes what is too old. */
export async function startKinesalite(): Promise<KinesisEmulator> {
  const dynamo = await startDynalite();
  const server = kinesalite({ createStreamMs: 5, deleteStreamMs: 5, updateStreamMs: 50, shardLimit: 1_000 });
  // A test may move the clock by `Date.now`, which it follows; Node's own header does not.
  server.prependListener('request', (_request, response) => {
    response.setHeader('date', new Date(Date.now()).toUTCString());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await dynamo[Symbol.asyncDispose]();
  };
  return {
    region: 'eu-west-1',
    endpoint,
    dynamoEndpoint: dynamo.endpoint,
    credentials: { accessKeyId: 'isostream', secretAccessKey: 'isostream' },
    url: `kinesis://eu-west-1?${new URLSearchParams({ endpoint, dynamoEndpoint: dynamo.endpoint }).toString()}`,
    mode: 'native',
    description: 'kinesalite and dynalite, in this process',
    logFolder: undefined,
    kinesis: undefined,
    dynamo: undefined,
    stop,
    // It is this process.
    died: () => new Promise(() => undefined),
    [Symbol.asyncDispose]: stop,
  };
}
