import { execFile } from 'node:child_process';

/** Runs a program to its end; rejects with its output if it fails or is missing. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { ...options, maxBuffer: 16 * 1_048_576 }, (error, stdout, stderr) => {
      if (error === null) resolve(`${stdout}${stderr}`);
      else
        reject(
          new Error(
            `${command} ${args.join(' ')} failed: ${`${stdout}${stderr}`.trim().slice(-2_000) || error.message}`,
            { cause: error },
          ),
        );
    });
  });
}
