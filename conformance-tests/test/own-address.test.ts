import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connectFrom } from '../src/faults/own-address.ts';

// oxlint-disable-next-line typescript/unbound-method -- put back as it was
const { connect } = Socket.prototype;
afterEach(() => void (Socket.prototype.connect = connect));

it('takes the address, and lets an agent use its connections again', async () => {
  const addresses: unknown[] = [];
  let connections = 0;
  const server = createServer(({ socket }, response) => {
    addresses.push(socket.remoteAddress);
    response.end();
  });
  server.on('connection', () => connections++);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const agent = new Agent({ keepAlive: true });
  connectFrom('127.77.9.9');

  for (let request = 0; request < 3; request++) {
    const [answer] = (await once(get({ host: '127.0.0.1', port, agent }), 'response')) as [NodeJS.ReadableStream];
    await once(answer.resume(), 'close');
  }

  expect(addresses).toEqual(['127.77.9.9', '127.77.9.9', '127.77.9.9']);
  expect(connections).toBe(1);
  agent.destroy();
  server.close();
});
