import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, utimesSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { BrokerUnavailable } from '../src/broker-unavailable.ts';
import { clientPort } from '../src/client-port.ts';
import { freePorts } from '../src/free-ports.ts';
import { inMode } from '../src/in-mode.ts';
import { claimPort, releasePort } from '../src/port-claims.ts';

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
    releasePort(usual);
    await listenOn(usual, '127.0.0.1');
    const next = await clientPort('Kafka', usual, options);
    expect(next).toBeGreaterThan(usual);
    releasePort(next);
    expect(said).toEqual([`port ${usual} is taken already: Kafka takes ${next}`]);
  });

  it.each([['127.0.0.1'], [undefined]])(
    'is the one that was asked for, and refused where somebody listens on %s',
    async (host) => {
      const [port = 0] = await freePorts(1);
      expect(await clientPort('Kafka', 9_092, { port })).toBe(port);
      releasePort(port);
      await listenOn(port, host);
      await expect(clientPort('Kafka', 9_092, { port })).rejects.toThrow(
        `Kafka cannot be started: port ${port} is taken: something listens there already, or is being started. Give another port`,
      );
    },
  );

  it('is any free one where nothing is said, so that tests never meet', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => clientPort('Kafka', 9_092, {})));
    expect(ports).not.toContain(9_092);
  });

  it('is another one for each broker that is started at the same time, before any of them listens', async () => {
    const [usual = 0] = await freePorts(1);
    const ports = await Promise.all(Array.from({ length: 4 }, () => clientPort('Kafka', usual, { port: 'usual' })));
    expect(new Set(ports).size).toBe(4);
    expect(ports).toContain(usual);
    const asked = await Promise.allSettled(ports.map((port) => clientPort('Kafka', 9_092, { port })));
    expect(asked.map(({ status }) => status)).toEqual(ports.map(() => 'rejected'));
    for (const port of ports) releasePort(port);
    expect(await clientPort('Kafka', usual, { port: 'usual' })).toBe(usual);
    releasePort(usual);
  });

  it('is free again where a process that was starting a broker was killed', async () => {
    const [usual = 0] = await freePorts(1);
    const claims = new URL('../dist/port-claims.js', import.meta.url).href;
    const script = `import { claimPort } from '${claims}'; console.log(await claimPort(${usual})); setInterval(() => 0, 1e6);`;
    const child = spawn('node', ['--input-type=module', '-e', script]);
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(String((await once(child.stdout, 'data'))[0])).toBe('true\n');
    await expect(clientPort('Kafka', 9_092, { port: usual })).rejects.toThrow(`port ${usual} is taken`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await clientPort('Kafka', 9_092, { port: usual })).toBe(usual);
    releasePort(usual);
  });

  it('belongs to a start that takes very long, for as long as its process runs', async () => {
    const root = mkdtempSync(join(tmpdir(), 'isostream-claims-'));
    expect(await claimPort(9_092, root)).toBe(true);
    for (const name of readdirSync(root)) utimesSync(join(root, name), 0, 0);
    expect(await claimPort(9_092, root)).toBe(false);
    releasePort(9_092);
    expect(await claimPort(9_092, root)).toBe(true);
    releasePort(9_092);
  });

  it('is asked for once: what Docker could do does not matter where it is taken', async () => {
    const [port = 0] = await freePorts(1);
    await listenOn(port, '127.0.0.1');
    const start = async (): Promise<number> => clientPort('Kafka', 9_092, { port });
    const docker = (): Promise<number> => Promise.resolve(0);
    await expect(inMode({ mode: 'auto' }, { native: start, docker })).rejects.toThrow(`port ${port} is taken`);
  });
});

it('what neither native nor Docker can start is said once, with why of both', async () => {
  const refuse = (broker: string, reason: string) => () => Promise.reject(new BrokerUnavailable(broker, reason));
  const started = inMode({}, { native: refuse('Kinesis', 'no package.'), docker: refuse('LocalStack', 'no engine.') });
  await expect(started).rejects.toThrow(/^Kinesis cannot be started: no package\. With Docker: no engine\.$/);
});
