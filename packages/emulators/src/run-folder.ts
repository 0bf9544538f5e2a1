import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderPrefix, ownerFile, processesFile, removeLeftovers } from './leftovers.ts';
import { identityOf } from './process-identity.ts';

/**
 * A folder for data and logs of brokers that one process starts. It is removed by `remove`, by a watchdog when this process ends
 * without it, and, should both be killed together, by the next process that starts a broker: in the folder stands who owns it and
 * which processes belong to it.
 */
export class RunFolder {
  readonly path: string;
  readonly #keeps: boolean;
  /** Resolves with the reason once one of its servers has ended unasked, or more of them than it can spare. */
  readonly died: Promise<string>;
  #tellDied: (why: string) => void = () => undefined;
  #watchdog: ChildProcess | undefined;
  /** Servers that may end before what they are together is gone. */
  #spare: number;

  private constructor(path: string, keeps: boolean, spare: number) {
    this.path = path;
    this.#keeps = keeps;
    this.#spare = spare;
    this.died = new Promise((resolve) => (this.#tellDied = resolve));
  }

  /** Makes one in the system's folder for such things, and removes what others left there. `keeps` leaves it in place; `spare` servers may end unasked. */
  static async create(broker: string, keeps = false, spare = 0): Promise<RunFolder> {
    await removeLeftovers();
    const folder = new RunFolder(await mkdtemp(join(tmpdir(), `${folderPrefix}${broker}-`)), keeps, spare);
    writeFileSync(join(folder.path, processesFile), '');
    writeFileSync(join(folder.path, ownerFile), JSON.stringify({ ...identityOf(process.pid), keeps }));
    if (!keeps) folder.#watch();
    return folder;
  }

  /** Notes a process that must not be there any more when the owner is gone. */
  record(pid: number): void {
    appendFileSync(join(this.path, processesFile), `${JSON.stringify(identityOf(pid))}\n`);
  }

  /** Notes that a server ended which nobody asked to. */
  lost(why: string): void {
    if (this.#spare-- <= 0) this.#tellDied(why);
  }

  /** To be called when its processes have ended. */
  async remove(): Promise<void> {
    this.#watchdog?.kill('SIGKILL');
    if (!this.#keeps) await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Waits for the end of our pipe, which the system closes however this process ends; servers may write for a moment more. */
  #watch(): void {
    if (process.platform === 'win32') return;
    const script =
      'cat >/dev/null; for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1"; sleep 0.2; [ -e "$1" ] || exit 0; done';
    const watchdog = spawn('sh', ['-c', script, 'sh', this.path], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    watchdog.unref();
    if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
    this.#watchdog = watchdog;
  }
}
