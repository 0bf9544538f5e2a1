import { once } from 'node:events';
import { type AddressInfo, Server, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import rhea, { type EventContext } from 'rhea';
import { afterEach, describe, expect, it } from 'vitest';
import { resolveOptions } from '../src/settings.ts';
import { Wire } from '../src/client/wire.ts';

const signal = new AbortController().signal;

/** Takes whatever comes; `left` is what it does once the client has said goodbye. */
async function service(left: (context: EventContext) => void): Promise<Server> {
  const container = rhea.create_container({ idle_time_out: 20_000 });
  const replies = new Map<string, rhea.Sender>();
  container.on('sender_open', ({ sender }: EventContext) => {
    if (sender !== undefined) replies.set(sender.target.address, sender);
  });
  container.on('message', ({ message }: EventContext) => {
    replies.get(String(message?.reply_to))?.send({
      correlation_id: message?.message_id ?? '',
      application_properties: { 'status-code': 200, 'status-description': 'OK' },
      body: '',
    });
  });
  container.on('connection_close', left);
  container.on('disconnected', () => undefined);
  const server = container.listen({ port: 0, host: '127.0.0.1' });
  if (!(server instanceof Server)) throw new TypeError('rhea listens by a server of node:net');
  if (!server.listening) await once(server, 'listening');
  return server;
}

function wireTo(server: Server): Wire {
  const { port } = server.address() as AddressInfo;
  const connectionString = `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0;UseDevelopmentEmulator=true;`;
  return new Wire(resolveOptions({ connectionString }));
}

function endSocket({ connection }: EventContext): void {
  const socket: unknown = Reflect.get(connection, 'socket');
  if (socket instanceof Socket) socket.end();
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

describe('a connection that was closed', () => {
  let server: Server | undefined;

  afterEach(() => server?.close());

  it.each([
    ['that is answered, and ended in the same moment', endSocket],
    ['that is answered', () => undefined],
    ['that is not answered', (context: EventContext) => Object.assign(context.connection, { output: () => undefined })],
  ] as const)('leaves no timer behind after a goodbye %s', async (_name, left) => {
    server = await service(left);
    const before = timers();
    const wire = wireTo(server);
    const partitions = ['0', '1', '2'];
    const links = await Promise.all(
      partitions.map((partition) =>
        wire.read(
          {
            hub: 'orders',
            consumerGroup: '$Default',
            partition,
            filter: '',
            ownerLevel: 1,
            reader: 'r',
            onMessage: () => undefined,
          },
          signal,
        ),
      ),
    );
    expect(timers()).toBeGreaterThan(before);
    // Their own goodbyes are under way.
    for (const link of links) link.close();
    await wire.close();
    for (let turns = 0; turns < 1_000 && timers() > before; turns++) await turn();
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
