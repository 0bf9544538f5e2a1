import { Agent } from 'node:http';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/**
 * Ends the connections that nobody uses when a request on another one had no answer in time. Load balancers forget connections
 * many at once and tell no end: each that is kept would cost one more request the whole of its time.
 */
export function endIdleAfterTimeouts(client: KinesisClient | DynamoDBClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (thrown) {
        if (thrown instanceof Error && thrown.name === 'TimeoutError') endIdle(client);
        throw thrown;
      }
    },
    { step: 'finalizeRequest', name: 'endIdleAfterTimeouts' },
  );
}

/** Of a handler that is not the SDK's own nothing is known. */
function endIdle({ config }: KinesisClient | DynamoDBClient): void {
  if (!(config.requestHandler instanceof NodeHttpHandler)) return;
  const { httpAgent, httpsAgent } = config.requestHandler.httpHandlerConfigs();
  for (const agent of [httpAgent, httpsAgent]) {
    if (!(agent instanceof Agent)) continue;
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}
