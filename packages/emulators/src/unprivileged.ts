import { chown } from 'node:fs/promises';
import { runCommand } from './run-command.ts';

export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * How to run what refuses to run as root: then as the first of these users that exists, who gets the folders; else as the user of
 * this process.
 */
export async function unprivileged(
  users: readonly string[],
  folders: readonly string[],
): Promise<(command: string, args: readonly string[]) => Invocation> {
  if (process.getuid?.() !== 0) return (command, args) => ({ command, args });
  const [user, group] = [await idOf('-u', users), await idOf('-g', users)];
  for (const folder of folders) await chown(folder, user, group);
  const flags = [`--reuid=${user}`, `--regid=${group}`, '--clear-groups'];
  return (command, args) => ({ command: 'setpriv', args: [...flags, command, ...args] });
}

async function idOf(flag: string, users: readonly string[]): Promise<number> {
  for (const user of users) {
    const text = await runCommand('id', [flag, user]).catch(() => '');
    if (text !== '') return Number(text.trim());
  }
  throw new Error(`there is none of the users ${users.join(', ')} to run a server as, and it refuses to run as root`);
}
