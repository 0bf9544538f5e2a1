import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Which of the files are there already: then nothing is to be written. */
export function existingFiles(folder: string, files: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(files).filter((name) => existsSync(join(folder, name)));
}

/** Writes new files; throws, with the code `EEXIST`, where one has come into being meanwhile. */
export function writeNewFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
  }
}
