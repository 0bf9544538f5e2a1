import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { identityOf, place, type ProcessIdentity, stillRuns } from './process-identity.ts';

/** Whether an owner elsewhere still runs cannot be seen; no server takes so long from its port being chosen until it listens. */
const longestStartMs = 180_000;
/** How long whoever goes first waits for the other one to step back. */
const patienceMs = 50;

const prefix = (port: number): string => `isostream-port-${port}-`;
const held = new Map<number, string>();

/**
 * Takes a port for a server that does not listen yet, so that no other start on this machine takes it meanwhile; `false` where another
 * one has it. The claim is a file that only its owner writes and removes: of two, none has the port before it saw that it is alone.
 */
export async function claimPort(port: number, root: string = tmpdir()): Promise<boolean> {
  const own = `${prefix(port)}${randomUUID()}`;
  const draft = join(root, `isostream-claim-${randomUUID()}`);
  writeFileSync(draft, JSON.stringify(identityOf(process.pid)));
  // So that nobody reads half of it.
  renameSync(draft, join(root, own));
  let rivals = rivalsOf(own, port, root);
  // Where two came at once, one of them is to have it.
  for (let n = 0; n < 4 && rivals.length > 0 && rivals.every((name) => own < name); n++) {
    await wait(patienceMs);
    rivals = rivalsOf(own, port, root);
  }
  if (rivals.length === 0) {
    if (held.size === 0) process.once('exit', releaseAll);
    held.set(port, join(root, own));
  } else rmSync(join(root, own), { force: true });
  return rivals.length === 0;
}

/** To be called once its server listens, or will not: from then on the system tells whether the port is free. */
export function releasePort(port: number): void {
  const file = held.get(port);
  held.delete(port);
  if (held.size === 0) process.off('exit', releaseAll);
  if (file !== undefined) rmSync(file, { force: true });
}

function releaseAll(): void {
  for (const port of [...held.keys()]) releasePort(port);
}

/** Claims of others; those of processes that have ended are removed. */
function rivalsOf(own: string, port: number, root: string): readonly string[] {
  return readdirSync(root).filter((name) => {
    if (!name.startsWith(prefix(port)) || name === own) return false;
    const file = join(root, name);
    try {
      const owner = parse(readFileSync(file, 'utf8'));
      const isOver = owner.place !== place() && Date.now() - statSync(file).mtimeMs > longestStartMs;
      if (!isOver && stillRuns(owner)) return true;
      rmSync(file, { force: true });
    } catch {
      // It was released at this moment, or is another user's.
    }
    return false;
  });
}

function parse(text: string): ProcessIdentity {
  const value: unknown = JSON.parse(text);
  const {
    pid,
    started,
    place: where,
  }: Readonly<Record<string, unknown>> = { ...(typeof value === 'object' ? value : {}) };
  return { pid: Number(pid), started: typeof started === 'string' ? started : undefined, place: String(where) };
}
