import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { bounded, StreamError } from '@isostream/core/adapter';
import { endIdleAfterTimeouts } from './idle-connections.ts';
import { writeRecordsDirectly } from './record-wire.ts';
import type { KinesisSettings } from '../options.ts';

/** What sinks, sources and the administration share. */
export interface Clients {
  readonly kinesis: KinesisClient;
  readonly dynamo: DynamoDBClient;
}

/** And what subscribes to shards, which is nobody's but ours. */
export interface AllClients extends Clients {
  readonly fanOut: KinesisClient | undefined;
}

/** More than shards that one member can well read: a call that waits for a connection looks like a slow service. */
const maxSockets = 512;

/**
 * The SDK's own handler for Kinesis opens a TLS connection for each request; HTTP/1.1 with kept connections does not.
 * Each call is tried once: whoever calls knows what may be repeated, and a write that the SDK repeats can be stored twice
 * without anybody hearing of it.
 */
export function createClients(settings: KinesisSettings): AllClients {
  const { region, endpoint, dynamoEndpoint } = settings;
  const credentials = boundedCredentials(settings);
  const shared = (): Pick<KinesisClientConfig, 'region' | 'credentials' | 'requestHandler' | 'maxAttempts'> => ({
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: settings.requestHandler ?? createHandler(settings),
    maxAttempts: 1,
  });
  const at = endpoint === undefined ? {} : { endpoint };
  const clients = {
    kinesis: new KinesisClient({ ...shared(), ...at }),
    fanOut: settings.enhancedFanOut
      ? new KinesisClient({ ...shared(), ...at, requestHandler: settings.requestHandler ?? pushHandler(settings) })
      : undefined,
    dynamo: new DynamoDBClient({ ...shared(), ...(dynamoEndpoint === undefined ? {} : { endpoint: dynamoEndpoint }) }),
  };
  for (const client of [clients.kinesis, clients.dynamo, ...(clients.fanOut === undefined ? [] : [clients.fanOut])]) {
    endIdleAfterTimeouts(client);
    // It copies every record of every request for a logger that nobody can give.
    client.middlewareStack.remove('loggerMiddleware');
  }
  writeRecordsDirectly(clients.kinesis);
  return clients;
}

/** A function of the application has a time to answer, and says what it gives: the SDK would wait for it without an end. */
function boundedCredentials({ credentials, requestTimeoutMs }: KinesisSettings): KinesisSettings['credentials'] {
  if (typeof credentials !== 'function') return credentials;
  return async (...given) => {
    const identity = await bounded('credentials', () => credentials(...given), requestTimeoutMs);
    if (isIdentity(identity)) return identity;
    const message = 'the function given as credentials gave none. Return accessKeyId and secretAccessKey as text';
    throw new StreamError('unauthenticated', message, { where: 'kinesis', outcome: 'not-written' });
  };
}

function isIdentity(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (!('accessKeyId' in value && 'secretAccessKey' in value)) return false;
  return [value.accessKeyId, value.secretAccessKey].every((text) => typeof text === 'string' && text !== '');
}

export function closeClients({ kinesis, dynamo, fanOut }: AllClients): void {
  kinesis.destroy();
  fanOut?.destroy();
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

/** A subscription is a stream of HTTP/2 on AWS, which the SDK gives a connection of its own; an endpoint without TLS is an emulator's, which takes HTTP/1.1. */
function pushHandler(settings: KinesisSettings): NodeHttpHandler | NodeHttp2Handler {
  if (settings.endpoint?.startsWith('http:') === true) return createHandler(settings);
  return new NodeHttp2Handler({ requestTimeout: settings.requestTimeoutMs });
}
