import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  playSink,
  playSinkRun,
  RequestGate,
  sinkChecks,
  sinkRunChecks,
  type SinkSubject,
} from '@isostream/connect/testing';
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoDbSink } from '../src/sinks/dynamodb/dynamodb.ts';
import { memoryService } from './suite/service.ts';

let emulator: KinesisEmulator;
let client: DynamoDBClient;
let tables = 0;

beforeAll(async () => {
  emulator = await startKinesis({ mode: 'native' });
  const { credentials, region, dynamoEndpoint: endpoint } = emulator;
  client = new DynamoDBClient({ region, endpoint, credentials });
});
afterAll(async () => {
  client.destroy();
  await emulator.stop();
});

const json = { 'content-type': 'application/x-amz-json-1.0' };
const throttled = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'slow down',
});

/** In front of the service: what writes items passes the gate. */
async function serve(gate: RequestGate, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = Buffer.concat((await request.toArray()) as Buffer[]).toString();
  const { 'x-amz-target': target = '', authorization = '', 'x-amz-date': date = '' } = request.headers;
  const passed = /PutItem|UpdateItem|DeleteItem|TransactWrite|BatchWrite/.test(String(target))
    ? await gate.arrive()
    : undefined;
  if (passed?.serve === 'cut') return void response.destroy();
  if (passed?.serve === 'throttle') return void response.writeHead(400, json).end(throttled);
  const headers = { ...json, 'x-amz-target': String(target), authorization, 'x-amz-date': String(date) };
  const answer = await fetch(emulator.dynamoEndpoint, { method: 'POST', body, headers });
  const text = await answer.text();
  if ((await passed?.served()) === 'cut') return void response.destroy();
  response.writeHead(answer.status, json).end(text);
}

const subject: SinkSubject = {
  sink: dynamoDbSink,
  keeps: 'latest',
  once: true,
  async open() {
    const gate = new RequestGate();
    const server = createServer(
      (request, response) => void serve(gate, request, response).catch(() => response.destroy()),
    );
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const table = `suite_${tables++}`;
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    return {
      properties: {
        'aws.dynamodb.region': emulator.region,
        'aws.dynamodb.endpoint': `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        'aws.access.key.id': emulator.credentials.accessKeyId,
        'aws.secret.access.key': emulator.credentials.secretAccessKey,
        'table.name.format': table,
        'aws.dynamodb.pk.hash': 'key:id',
        'aws.dynamodb.pk.sort': '',
      },
      async effects() {
        const { Items = [] } = await client.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
        return Items.map(({ key, n }) => ({ key: String(key?.S), n: Number(n?.N) }));
      },
      gate,
      async close() {
        server.close();
        server.closeAllConnections();
      },
    };
  },
  service: memoryService,
};

describe('items of DynamoDB', () => {
  it.each(sinkChecks)('$name', async (check) => {
    expect((await playSink(check, subject)).findings).toEqual([]);
  });

  it.each(sinkRunChecks)('$name', async (check) => {
    expect((await playSinkRun(check, subject, { patienceMs: 60_000 })).findings).toEqual([]);
  });
});
