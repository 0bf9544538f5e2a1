import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { command } from './run.ts';

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly said: () => string;
}

/** Two brokers that are started at once, by the command: each has a port of its own, and the second says which. The death of a server ends its command. */
export async function startTwoAtOnce(provider: string, usual: number, portOf: (url: string) => number): Promise<void> {
  const both = await Promise.all([start(provider), start(provider)]);
  const ports = both.map(({ url }) => portOf(url)).toSorted((a, b) => a - b);
  const [low = 0, high = 0] = ports;
  expect(low).toBeGreaterThanOrEqual(usual);
  expect(high).toBeGreaterThan(low);
  expect(high).toBeLessThan(usual + 100);
  const later = both.find(({ url }) => portOf(url) === high);
  expect(later?.said()).toMatch(new RegExp(`port ${usual} is taken already: .* takes ${high}\\n`));
  // While they run: what was asked for is never another one.
  const refused = spawnSync('node', [...command, 'broker', 'start', provider, '--port', String(low)], {
    encoding: 'utf8',
  });
  expect([refused.status, refused.stdout, refused.stderr]).toEqual([
    3,
    '',
    expect.stringMatching(new RegExp(`port ${low} is taken: something listens there already.*Give another port`)),
  ]);
  const [one, other] = both;
  expect(await endOf(one, () => one.child.kill('SIGINT'))).toBe(0);
  // One whose server dies is no broker any more, and says so.
  const [server] = serversOf(other);
  if (server === undefined) throw new Error(`${provider}: the command runs no server`);
  expect(await endOf(other, () => process.kill(server, 'SIGKILL'))).toBe(1);
  expect(other.said()).toMatch(
    new RegExp(`error broker: ${provider} is gone\\. Start it again .*\\(process ${server}\\) ended: SIGKILL`),
  );
  for (const port of ports) expect(await isFree(port)).toBe(true);
}

async function endOf({ child }: Started, end: () => void): Promise<number | null> {
  const exited = once(child, 'exit');
  end();
  return (await exited)[0] as number | null;
}

/** The servers of a command, as it notes them in the folders of its runs. */
function serversOf({ child }: Started): readonly number[] {
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith('isostream-run-'));
  return folders.flatMap((name) => {
    try {
      return pidsIn(join(tmpdir(), name, 'owner.json'))[0] === child.pid
        ? pidsIn(join(tmpdir(), name, 'processes.jsonl'))
        : [];
    } catch {
      // Another command ended, and its folder with it.
      return [];
    }
  });
}

function pidsIn(file: string): readonly number[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => (line === '' ? [] : [(JSON.parse(line) as { readonly pid: number }).pid]));
}

async function start(provider: string): Promise<Started> {
  const child = spawn('node', [...command, 'broker', 'start', provider], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGTERM'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
    child.once('exit', (code) => reject(new Error(`broker start ${provider} ended with ${code}: ${said}`)));
  });
  return { child, url, said: () => said };
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
