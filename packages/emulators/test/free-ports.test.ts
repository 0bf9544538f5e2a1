import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePorts } from '../src/index.ts';

it('gives ports that can be listened on, each once, and none that a connection of somebody could take meanwhile', async () => {
  const ports = await freePorts(200);
  expect(new Set(ports).size).toBe(200);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  const [port = 0] = ports;
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  await new Promise((resolve) => server.close(resolve));
});
