import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';

/** DynamoDB's interface in this process. */
export interface Dynamo extends AsyncDisposable {
  readonly client: DynamoDBClient;
  readonly endpoint: string;
}

// It brings no types.
const dynalite: (options: object) => Server = createRequire(import.meta.url)('dynalite');

export async function startDynalite(options: { readonly createTableMs?: number } = {}): Promise<Dynamo> {
  const server = dynalite({ createTableMs: 5, deleteTableMs: 5, ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const client = dynamoClient(endpoint);
  return {
    client,
    endpoint,
    async [Symbol.asyncDispose]() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function dynamoClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'isostream', secretAccessKey: 'isostream' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 3_000, requestTimeout: 10_000 }),
  });
}
