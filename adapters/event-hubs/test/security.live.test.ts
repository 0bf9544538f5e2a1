import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStreams, defineTopic } from '@isostream/core';
import { createEventHubsServer, type EventHubsServer } from '@isostream/event-hubs-emulator';
import { TcpProxy } from '@isostream/fault-injection';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createEventHubs, type EventHubsAdapter } from './support/open.ts';
import type { EventHubsOptions } from '../src/options.ts';
import { until } from './support/namespace.ts';
import { startStorage, type Storage } from './support/storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'isostream-event-hubs-'));
const topic = defineTopic('orders', { raw: true });
const hubs = { orders: { partitions: 2, consumerGroups: ['g'] } };
let certificate: { readonly key: string; readonly cert: string };
let server: EventHubsServer;
let storage: Storage;

beforeAll(async () => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1'];
  execFileSync('openssl', [...request, ...subject], { stdio: 'ignore' });
  certificate = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  server = await createEventHubsServer({ hubs, tls: certificate });
  storage = await startStorage();
});
afterAll(async () => {
  await server.close();
  await storage[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** One event there and back. */
async function roundTrip(adapter: EventHubsAdapter): Promise<readonly string[]> {
  await using streams = await createStreams({ adapter, topics: [] });
  const seen: string[] = [];
  await streams.producer(topic).send({ key: 'k', value: Buffer.from('there and back') });
  const running = streams
    .consumer(topic, { group: 'g', from: 'earliest', onFailure: 'skip' })
    .run(({ value }) => void seen.push(Buffer.from(value ?? []).toString()));
  await until(() => seen.length > 0);
  await streams.close();
  await running;
  return seen;
}

async function codeOf(options: EventHubsOptions): Promise<unknown> {
  const adapter = createEventHubs({ requestTimeout: '3s', ...options });
  const error: unknown = await adapter.connect().catch((thrown: unknown) => thrown);
  await adapter.close();
  return error;
}

describe('a namespace', () => {
  it('is reached over WebSockets', async () => {
    const adapter = createEventHubs({
      connectionString: server.tlsConnectionString,
      webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: { ca: certificate.cert } },
      checkpoints: { container: await storage.container() },
    });

    expect(await roundTrip(adapter)).toEqual(['there and back']);
  });

  it('is reached over other WebSockets when those that stand are gone without a word', async () => {
    const port = /localhost:(\d+)/.exec(server.tlsConnectionString)?.[1] ?? '';
    await using proxy = await TcpProxy.listen({ to: Number(port) });
    const adapter = createEventHubs({
      connectionString: server.tlsConnectionString.replace(`localhost:${port}`, `localhost:${proxy.port}`),
      webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: { ca: certificate.cert } },
      requestTimeout: '1s',
    });
    await using streams = await createStreams({ adapter, topics: [] });
    const producer = streams.producer(topic);
    await producer.send({ key: 'k', value: Buffer.from('before') });
    proxy.halfOpen();
    const since = performance.now();

    await producer.send({ key: 'k', value: Buffer.from('after') });
    expect(performance.now() - since).toBeLessThan(4_000);
    expect(proxy.connections).toBe(2);
  });

  it('is reached with tokens of a credential, at another address', async () => {
    const open = await createEventHubsServer({ hubs, tls: certificate, authorize: false });
    const scopes: (string | string[])[] = [];
    const adapter = createEventHubs({
      fullyQualifiedNamespace: 'shop.servicebus.windows.net',
      credential: {
        async getToken(scope) {
          scopes.push(scope);
          return { token: 'a token', expiresOnTimestamp: Date.now() + 3_600_000 };
        },
      },
      customEndpointAddress: /sb:[^;]+/.exec(open.tlsConnectionString)?.[0] ?? '',
      webSocketOptions: { webSocket: WebSocket, webSocketConstructorOptions: { ca: certificate.cert } },
      checkpoints: { container: await storage.container() },
    });

    expect(await roundTrip(adapter)).toEqual(['there and back']);
    expect(new Set(scopes.flat())).toEqual(new Set(['https://eventhubs.azure.net//.default']));
    await open.close();
  });

  it('says what keeps us out', async () => {
    const { connectionString, tlsConnectionString } = server;
    const wrongKey = connectionString.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=d3Jvbmc=');
    const namespace = 'localhost';
    const customEndpointAddress = 'sb://127.0.0.1:1';
    const credential = {
      async getToken(): Promise<never> {
        throw new Error('not signed in');
      },
    };

    expect(await codeOf({ connectionString: wrongKey })).toMatchObject({ code: 'unauthenticated', retryable: false });
    expect(await codeOf({ connectionString: tlsConnectionString })).toMatchObject({ code: 'tls', retryable: false });
    expect(await codeOf({ connectionString: connectionString.replace(/:\d+;/, ':1;') })).toMatchObject({
      code: 'unavailable',
    });
    expect(await codeOf({ fullyQualifiedNamespace: namespace, customEndpointAddress, credential })).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('not signed in') as string,
    });
    expect(await codeOf({ connectionString })).toBeUndefined();
  });

  it('of one hub is asked for no other', async () => {
    const adapter = createEventHubs({ connectionString: `${server.connectionString}EntityPath=orders` });

    expect(await adapter.admin.describeTopic('orders')).toMatchObject({ partitions: 2 });
    await expect(adapter.admin.describeTopic('others')).rejects.toMatchObject({ code: 'unauthorized' });
    await adapter.close();
  });
});
