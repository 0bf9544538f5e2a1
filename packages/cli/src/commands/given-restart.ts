import { spawn } from 'node:child_process';
import { usage } from '../client.ts';

/** The restart that `--destructive restart=<command>` names. */
export function restartOf(faults: readonly string[] | undefined): (() => Promise<void>) | undefined {
  let command: string | undefined;
  for (const fault of faults ?? []) {
    const [, name = fault, text = ''] = /^([^=]*)=(.*)$/s.exec(fault) ?? [];
    if (name !== 'restart' || text.trim() === '')
      throw usage(
        `--destructive ${fault}: valid is restart=<command>, with a command that ends when the service is back`,
      );
    command = text;
  }
  return command === undefined ? undefined : () => run(command);
}

function run(command: string): Promise<void> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`the command of --destructive restart ended with ${signal ?? code}: ${command}`));
    });
  });
}
