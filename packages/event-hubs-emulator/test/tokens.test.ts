import { createHmac } from 'node:crypto';
import { EventHubProducerClient } from '@azure/event-hubs';
import { expect, it } from 'vitest';
import { Bench, retryOptions } from './support.ts';

async function send(connectionString: string): Promise<void> {
  const producer = new EventHubProducerClient(connectionString, 'orders', { retryOptions });
  try {
    await producer.sendBatch([{ body: 1 }]);
  } finally {
    await producer.close();
  }
}

function sign(audience: string, endSeconds: number): string {
  const resource = encodeURIComponent(audience);
  const signature = createHmac('sha256', 'key').update(`${resource}\n${endSeconds}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${endSeconds}&skn=sender`;
}

it('refuses signatures of a wrong key and of an unknown key name', async () => {
  await using bench = await Bench.start({ keys: { sender: 'right' } });
  const right = bench.server.connectionString;

  await send(right);

  await expect(send(right.replace('right', 'wrong'))).rejects.toMatchObject({ code: 'UnauthorizedError' });
  await expect(send(right.replace('sender', 'nobody'))).rejects.toMatchObject({ code: 'UnauthorizedError' });
});

it('takes a signature for one hub there, and nowhere else', async () => {
  await using bench = await Bench.start({ keys: { sender: 'key' }, hubs: { orders: {}, rides: {} } });
  const { port } = bench.server;
  const withToken = async (audience: string): Promise<void> => {
    const signature = sign(audience, Math.floor(Date.now() / 1_000) + 60);
    await send(`Endpoint=sb://127.0.0.1:${port};SharedAccessSignature=${signature};UseDevelopmentEmulator=true;`);
  };

  await withToken(`sb://127.0.0.1:${port}/orders`);

  await expect(withToken(`sb://127.0.0.1:${port}/rides`)).rejects.toMatchObject({ code: 'UnauthorizedError' });
  const late = sign(`sb://127.0.0.1:${port}/orders`, Math.floor(Date.now() / 1_000) - 1);
  await expect(
    send(`Endpoint=sb://127.0.0.1:${port};SharedAccessSignature=${late};UseDevelopmentEmulator=true;`),
  ).rejects.toMatchObject({ code: 'UnauthorizedError' });
});

it('takes everybody where nobody has to be authorized', async () => {
  await using bench = await Bench.start({ keys: { sender: 'right' }, authorize: false });

  await expect(send(bench.server.connectionString.replace('right', 'wrong'))).resolves.toBeUndefined();
});
