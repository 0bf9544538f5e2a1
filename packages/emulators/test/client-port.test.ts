import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { clientPort } from '../src/client-port.ts';
import { freePorts } from '../src/free-ports.ts';

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listenOn(port: number, host?: string): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
}

describe('the port that clients are told', () => {
  it('is the usual one where nobody listens, and else the next free one, which is said', async () => {
    const [usual = 0] = await freePorts(1);
    const said: string[] = [];
    const options = { port: 'usual', progress: (text: string) => void said.push(text) } as const;
    expect(await clientPort('Kafka', usual, options)).toBe(usual);
    expect(said).toEqual([]);
    await listenOn(usual, '127.0.0.1');
    const next = await clientPort('Kafka', usual, options);
    expect(next).toBeGreaterThan(usual);
    expect(said).toEqual([`something listens on port ${usual} already: Kafka takes ${next}`]);
  });

  it.each([['127.0.0.1'], [undefined]])(
    'is the one that was asked for, and refused where somebody listens on %s',
    async (host) => {
      const [port = 0] = await freePorts(1);
      expect(await clientPort('Kafka', 9_092, { port })).toBe(port);
      await listenOn(port, host);
      await expect(clientPort('Kafka', 9_092, { port })).rejects.toThrow(
        `Kafka cannot be started: something listens on port ${port} already. Give another port`,
      );
    },
  );

  it('is any free one where nothing is said, so that tests never meet', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => clientPort('Kafka', 9_092, {})));
    expect(ports).not.toContain(9_092);
  });
});
