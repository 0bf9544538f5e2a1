import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** One process, told apart from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in the system's own words; `undefined` where there is no such process. */
  readonly started: string | undefined;
  /** Where the number means something: a machine, or a container on it. */
  readonly place: string;
}

/** Who has this number now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: startOf(pid), place: place() };
}

/** Whether this very process still runs. A process of another machine or container cannot be seen, and counts as running. */
export function stillRuns({ pid, started, place: where }: ProcessIdentity): boolean {
  if (where !== place()) return true;
  return started !== undefined && startOf(pid) === started;
}

/** Linux tells it in ticks since it booted, and a system that boots again is another place; others in words. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      // The name of the program is in brackets and may have spaces and brackets in it.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^[\s\S]*\)\s/, '')
        .split(' ');
      // One that has ended and that nobody waited for runs no more.
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    const told = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim();
    return told === '' ? undefined : told;
  } catch {
    return undefined;
  }
}

let ownPlace: string | undefined;

export function place(): string {
  ownPlace ??= [hostname(), read(() => readlinkSync('/proc/self/ns/pid')), read(() => bootId())].join(' ');
  return ownPlace;
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function read(what: () => string): string {
  try {
    return what();
  } catch {
    return '';
  }
}
