import { readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProcessIdentity, stillRuns } from './process-identity.ts';

/** How names of folders begin that brokers run in. */
export const folderPrefix = 'isostream-run-';
/** In such a folder: the process that made it, as JSON, and whether the folder is to be kept. */
export const ownerFile = 'owner.json';
/** In such a folder: the processes that belong to it, one JSON text a line. */
export const processesFile = 'processes.jsonl';

/**
 * Removes what processes left that were killed: brokers that still run, and their folders. A process is ended only if it is the very
 * one that was noted, by its number and the time of its start; folders of other users, and of owners that live, are left alone.
 */
export async function removeLeftovers(root: string = tmpdir()): Promise<void> {
  const names = (await readdir(root)).filter((name) => name.startsWith(folderPrefix));
  await Promise.all(names.map((name) => removeIfLeft(join(root, name))));
}

async function removeIfLeft(folder: string): Promise<void> {
  try {
    // Anybody may put a folder there, and name processes in it that are not his.
    if ((await stat(folder)).uid !== process.getuid?.()) return;
    const owner = parse(await readFile(join(folder, ownerFile), 'utf8'));
    if (owner === undefined || stillRuns(owner)) return;
    const lines = (await readFile(join(folder, processesFile), 'utf8')).split('\n');
    for (const line of lines) {
      const noted = parse(line);
      if (noted !== undefined && noted.place === owner.place && stillRuns(noted)) process.kill(noted.pid, 'SIGKILL');
    }
    if (!owner.keeps) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Somebody else removes it at this moment, or it is just being made.
  }
}

function parse(text: string): (ProcessIdentity & { readonly keeps: boolean }) | undefined {
  if (text.trim() === '') return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, started, place, keeps }: Readonly<Record<string, unknown>> = { ...value };
  if (!Number.isSafeInteger(pid) || Number(pid) <= 1 || typeof place !== 'string') return undefined;
  return { pid: Number(pid), started: typeof started === 'string' ? started : undefined, place, keeps: keeps === true };
}
