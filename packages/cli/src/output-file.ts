import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { usage } from './client.ts';

/** Throws a usage error where {@link writeOutput} would: to be asked before work whose result is written. */
export function checkOutput(file: string | undefined): void {
  if (file === undefined || file === '-') return;
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** Throws a usage error for a file that cannot be written, with why. */
export function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

function unwritable(file: string, cause: unknown): Error {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const said = why === 'ENOENT' ? 'its folder does not exist' : why;
  return usage(`cannot write ${file}: ${said}. Give a file in a folder that exists and can be written`);
}
