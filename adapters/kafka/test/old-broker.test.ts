import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveOptions } from '../src/options.ts';
import { KafkajsWire } from '../src/client/kafkajs-wire.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A broker that knows requests in their versions of Kafka 2.1 alone, and answers nothing but which these are. */
async function oldBroker(): Promise<{ readonly address: string; readonly connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (frame) => {
      const known = [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 22].flatMap((api) => [api, 0, 2]);
      const answer = Buffer.alloc(4 + 4 + 2 + 4 + known.length * 2 + 4);
      answer.writeInt32BE(answer.length - 4);
      frame.copy(answer, 4, 8, 12);
      answer.writeInt32BE(known.length / 3, 10);
      for (const [index, value] of known.entries()) answer.writeInt16BE(value, 14 + index * 2);
      socket.write(answer);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { address: `127.0.0.1:${address.port}`, connections: () => connections };
}

describe('a broker from before topics had ids', () => {
  it('is not asked for one, and neither is any other', async () => {
    const [first, second] = [await oldBroker(), await oldBroker()];
    const wire = new KafkajsWire(resolveOptions({ brokers: [first.address, second.address] }).connect);
    expect(await wire.topicId('orders')).toBeUndefined();
    expect(await wire.topicId('orders')).toBeUndefined();
    expect([first.connections(), second.connections()]).toEqual([1, 0]);
    await wire.close();
  });
});
