import { type ChildProcess, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';

const bin = new URL('../../bin/isostream.js', import.meta.url).pathname;

/** The arguments of Node for a command of isostream. */
export const command: readonly string[] = [bin];

/** A command with just these variables of ours. */
export function isostreamWith(variables: NodeJS.ProcessEnv, ...args: readonly string[]): SpawnSyncReturns<string> {
  const { ISOSTREAM_URL: _url, ISOSTREAM_PROVIDER: _provider, ISOSTREAM_CONFIG: _config, ...env } = process.env;
  return spawnSync('node', [bin, ...args], { encoding: 'utf8', env: { ...env, ...variables } });
}

/** A line of a shell, with `isostream` as the command that is tested. */
export function shell(line: string, variables: NodeJS.ProcessEnv): SpawnSyncReturns<string> {
  const text = `isostream() { node '${bin}' "$@"; }\n${line}`;
  return spawnSync('bash', ['-c', text], { encoding: 'utf8', env: { ...process.env, ...variables } });
}

/** The exit code of a process. */
export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

/** What a list is once it has no temporary entries any more; behind a pipe the first program may end after the last. */
export async function settled(list: () => Promise<readonly string[]>): Promise<readonly string[]> {
  for (;;) {
    const names = await list();
    if (!names.some((name) => name.includes('isostream-tail-') || name.includes('isostream-replay'))) return names;
    await wait(50);
  }
}
