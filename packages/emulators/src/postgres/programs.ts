import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { runCommand } from '../run-command.ts';

/** Where distributions put the server's programs, which are not on the path there. */
const homes = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'];
const oldest = 13;

/** The newest server of this machine. Throws {@link BrokerUnavailable} that says what to install. */
export async function postgresPrograms(): Promise<{ readonly folder: string; readonly version: string }> {
  const found: { folder: string; version: string }[] = [];
  for (const folder of await candidates()) {
    const text = await runCommand(join(folder, 'postgres'), ['--version']).catch(() => '');
    const version = /(\d+(?:\.\d+)?)/.exec(text)?.[1];
    if (version !== undefined && Number.parseInt(version, 10) >= oldest) found.push({ folder, version });
  }
  const newest = found.toSorted((a, b) => Number(b.version) - Number(a.version))[0];
  if (newest !== undefined) return newest;
  throw new BrokerUnavailable(
    'PostgreSQL',
    'there is no server of version 13 or newer here. Install it: apt-get install postgresql (Debian, Ubuntu), or brew install postgresql.',
  );
}

async function candidates(): Promise<string[]> {
  const onPath = await runCommand('sh', ['-c', 'command -v postgres']).then(
    (text) => [dirname(text.trim())],
    () => [],
  );
  const installed = await Promise.all(
    homes.map(async (home) => {
      const names = await readdir(home).catch(() => []);
      return names.filter((name) => /^(?:\d|postgresql)/.test(name)).map((name) => join(home, name, 'bin'));
    }),
  );
  return [...onPath, ...installed.flat()];
}
