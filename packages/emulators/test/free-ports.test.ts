import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { claimFreePorts } from '../src/free-ports.ts';
import { freePorts } from '../src/index.ts';
import { claimPort, releasePort } from '../src/port-claims.ts';

const claimsOf = (port: number): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`isostream-port-${port}-`));

it('gives ports that can be listened on, each once, and none that a connection of somebody could take meanwhile', async () => {
  const ports = await freePorts(200);
  expect(new Set(ports).size).toBe(200);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  const [port = 0] = ports;
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  await new Promise((resolve) => server.close(resolve));
});

it('gives no port to a second start while a server of the first does not listen yet', async () => {
  const first = await claimFreePorts(30);
  const second = await claimFreePorts(30);
  expect(new Set([...first, ...second]).size).toBe(60);
  for (const port of first.slice(0, 3)) expect(await claimPort(port)).toBe(false);
  for (const port of [...first, ...second]) releasePort(port);
  expect([...first, ...second].flatMap(claimsOf)).toEqual([]);
});

it('leaves no claim behind when its process ends', () => {
  const module = new URL('../dist/free-ports.js', import.meta.url).href;
  const script = `import { claimFreePorts } from '${module}'; console.log(JSON.stringify(await claimFreePorts(3)));`;
  const written: unknown = JSON.parse(
    execFileSync('node', ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  );
  const ports = Array.isArray(written) ? written.map(Number) : [];
  expect(ports).toHaveLength(3);
  expect(ports.flatMap(claimsOf)).toEqual([]);
});
