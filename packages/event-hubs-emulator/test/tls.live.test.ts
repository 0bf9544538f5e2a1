import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EventHubProducerClient } from '@azure/event-hubs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createEventHubsServer, type EventHubsServer } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'isostream-tls-'));
let server: EventHubsServer;

beforeAll(async () => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '1', ...subject],
    { stdio: 'ignore' },
  );
  server = await createEventHubsServer({
    hubs: { orders: { partitions: 1 } },
    tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') },
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const retryOptions = { maxRetries: 0, timeoutInMs: 5_000 };

it('serves AMQP over WebSockets and TLS', async () => {
  const producer = new EventHubProducerClient(server.tlsConnectionString, 'orders', {
    retryOptions,
    webSocketOptions: {
      webSocket: WebSocket,
      webSocketConstructorOptions: { ca: readFileSync(join(folder, 'cert.pem')) },
    },
  });

  await producer.sendBatch([{ body: 'over a web socket' }]);
  await producer.close();

  expect(server.describePartition('orders', '0').lastSequence).toBe(0);
});

it('is not trusted by a client that was not told its certificate', async () => {
  const producer = new EventHubProducerClient(server.tlsConnectionString, 'orders', { retryOptions });

  await expect(producer.sendBatch([{ body: 1 }])).rejects.toThrow(/self-signed certificate/);
  await producer.close();
});

it('serves AMQP over TLS to a client that was told its certificate', async () => {
  // Node takes certificates to trust for every connection from its environment alone, when it starts.
  const script = `
    import { EventHubProducerClient } from '@azure/event-hubs';
    const producer = new EventHubProducerClient(process.env.TARGET, 'orders', { retryOptions: { maxRetries: 0 } });
    await producer.sendBatch([{ body: 'over TLS' }]);
    await producer.close();
  `;
  const before = server.describePartition('orders', '0').lastSequence;

  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem'), TARGET: server.tlsConnectionString },
  });

  expect(server.describePartition('orders', '0').lastSequence).toBe(before + 1);
});

it('tells a client that speaks TLS to the plain port what it speaks', async () => {
  const plain = server.connectionString.replace('UseDevelopmentEmulator=true;', '').replace('127.0.0.1', 'localhost');
  const producer = new EventHubProducerClient(plain, 'orders', { retryOptions });

  await expect(producer.sendBatch([{ body: 1 }])).rejects.toThrow(/wrong version number/);
  await producer.close();
});
