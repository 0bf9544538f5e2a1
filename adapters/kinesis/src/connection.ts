import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { endIdleAfterTimeouts } from './idle-connections.ts';
import type { KinesisSettings } from './options.ts';

/** What sinks, sources and the administration share. */
export interface Clients {
  readonly kinesis: KinesisClient;
  readonly dynamo: DynamoDBClient;
}

/** More than shards that one member can well read: a call that waits for a connection looks like a slow service. */
const maxSockets = 512;

/**
 * The SDK's own handler for Kinesis opens a TLS connection for each request; HTTP/1.1 with kept connections does not.
 * Each call is tried once: whoever calls knows what may be repeated, and a write that the SDK repeats can be stored twice
 * without anybody hearing of it.
 */
export function createClients(settings: KinesisSettings): Clients {
  const { region, credentials, endpoint, dynamoEndpoint } = settings;
  const shared = (): Pick<KinesisClientConfig, 'region' | 'credentials' | 'requestHandler' | 'maxAttempts'> => ({
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: settings.requestHandler ?? createHandler(settings),
    maxAttempts: 1,
  });
  const clients = {
    kinesis: new KinesisClient({ ...shared(), ...(endpoint === undefined ? {} : { endpoint }) }),
    dynamo: new DynamoDBClient({ ...shared(), ...(dynamoEndpoint === undefined ? {} : { endpoint: dynamoEndpoint }) }),
  };
  endIdleAfterTimeouts(clients.kinesis);
  endIdleAfterTimeouts(clients.dynamo);
  return clients;
}

export function closeClients({ kinesis, dynamo }: Clients): void {
  kinesis.destroy();
  dynamo.destroy();
}

function createHandler({ connectTimeoutMs, requestTimeoutMs }: KinesisSettings): NodeHttpHandler {
  const agent = { keepAlive: true, maxSockets };
  return new NodeHttpHandler({
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(agent),
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // The other one ends with the answer's head; its body may stall as well.
    socketTimeout: requestTimeoutMs,
    throwOnRequestTimeout: true,
  });
}
