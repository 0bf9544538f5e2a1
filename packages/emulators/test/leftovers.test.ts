import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { removeLeftovers } from '../src/leftovers.ts';
import { identityOf, type ProcessIdentity } from '../src/process-identity.ts';
import { RunFolder } from '../src/run-folder.ts';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that does nothing until it is ended. */
function idle(): ChildProcess & { readonly pid: number } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(child);
  if (child.pid === undefined) throw new Error('it did not start');
  return Object.assign(child, { pid: child.pid });
}

async function ended(): Promise<ProcessIdentity> {
  const child = idle();
  const identity = identityOf(child.pid);
  child.kill('SIGKILL');
  await exitOf(child);
  return identity;
}

function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** A folder as a launcher makes it, in a root of its own. */
function folderOf(owner: object, processes: readonly object[]): { readonly root: string; readonly folder: string } {
  const root = mkdtempSync(join(tmpdir(), 'isostream-leftovers-'));
  const folder = join(root, 'isostream-run-kafka-x');
  mkdirSync(join(folder, 'data'), { recursive: true });
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner));
  writeFileSync(join(folder, 'processes.jsonl'), processes.map((each) => `${JSON.stringify(each)}\n`).join(''));
  return { root, folder };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(20);
}

describe('what a killed process left of its brokers', () => {
  it('is ended and removed', async () => {
    const broker = idle();
    const gone = exitOf(broker);
    const { root, folder } = folderOf(await ended(), [identityOf(broker.pid)]);
    await removeLeftovers(root);
    await gone;
    expect(broker.signalCode).toBe('SIGKILL');
    expect(existsSync(folder)).toBe(false);
  });

  it('is a process that has the number by now, and is let alone', async () => {
    const other = idle();
    const { root, folder } = folderOf(await ended(), [{ ...identityOf(other.pid), started: 'long ago' }, { pid: -1 }]);
    await removeLeftovers(root);
    expect([other.exitCode, other.signalCode, existsSync(folder)]).toEqual([null, null, false]);
  });

  it.each<[name: string, owner: () => Promise<object>]>([
    ['its owner lives', async () => identityOf(process.pid)],
    [
      'its owner is on another machine, or in another container',
      async () => ({ ...(await ended()), place: 'elsewhere' }),
    ],
  ])('stays where %s', async (_, owner) => {
    const broker = idle();
    const { root, folder } = folderOf(await owner(), [identityOf(broker.pid)]);
    await removeLeftovers(root);
    expect([broker.exitCode, broker.signalCode, existsSync(folder)]).toEqual([null, null, true]);
  });

  it('keeps the folder whose logs were to be kept', async () => {
    const { root, folder } = folderOf({ ...(await ended()), keeps: true }, []);
    await removeLeftovers(root);
    expect(existsSync(folder)).toBe(true);
  });
});

describe('a process that starts a broker and is killed', () => {
  it('leaves neither the broker nor its folder', { timeout: 60_000 }, async () => {
    const root = mkdtempSync(join(tmpdir(), 'isostream-killed-'));
    const script = new URL('support/start-and-wait.mjs', import.meta.url).pathname;
    const child = spawn(process.execPath, [script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: root },
    });
    children.push(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const [name = ''] = readdirSync(root);
    const [line = ''] = readFileSync(join(root, name, 'processes.jsonl'), 'utf8').split('\n');
    const broker = JSON.parse(line) as ProcessIdentity;
    expect(identityOf(broker.pid)).toEqual(broker);
    child.kill('SIGKILL');
    await until(() => readdirSync(root).length === 0);
    await until(() => identityOf(broker.pid).started !== broker.started);
  });
});

it('a cluster is gone once more of its servers ended than it can spare', async () => {
  const folder = await RunFolder.create('test', false, 1);
  let died: string | undefined;
  void folder.died.then((why) => (died = why));
  folder.lost('the first');
  await Promise.resolve();
  expect(died).toBeUndefined();
  folder.lost('the second');
  expect(await folder.died).toBe('the second');
  await folder.remove();
});
