import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunFolder } from './run-folder.ts';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it notes that it runs, so that it never outlives us whatever happens. */
  readonly folder: RunFolder;
  readonly logFile: string;
  /** A line that says that it serves. */
  readonly ready: RegExp;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** What asks it to end without delay. Default `SIGTERM`. */
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  /** How long `stop` waits before it kills. Default 10 s. */
  readonly stopTimeoutMs?: number;
}

/** A server in a process of its own, which never outlives this one. */
export class ServerProcess {
  readonly #command: ServerCommand;
  #child: ChildProcess | undefined;
  #isAskedToEnd = false;

  constructor(command: ServerCommand) {
    this.#command = command;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the server says that it is ready; rejects with the end of its log if it ends before. */
  async start(): Promise<void> {
    if (this.isRunning) return;
    const { command, args, folder, logFile, ready, env, timeoutMs = 60_000 } = this.#command;
    const log = await open(logFile, 'a');
    const before = (await log.stat()).size;
    const child = spawn(command, args, { stdio: ['ignore', log.fd, log.fd], env: { ...process.env, ...env } });
    this.#child = child;
    this.#isAskedToEnd = false;
    await log.close();
    if (child.pid !== undefined) folder.record(child.pid);
    killWithParent(child);
    const written = async (): Promise<string> => (await readFile(logFile)).subarray(before).toString('utf8');
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const text = await written();
      if (ready.test(text)) {
        this.#watch(child);
        return;
      }
      // What it wrote between our look and its end says why.
      if (!this.isRunning) throw new Error(failure(`${command} ended before it was ready.`, logFile, await written()));
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(failure(`${command} was not ready within ${timeoutMs} ms.`, logFile, text));
      }
      await wait(50);
    }
  }

  /** Tells the folder's broker when it ends by itself, or is ended from elsewhere. */
  #watch(child: ChildProcess): void {
    const { command, folder, logFile } = this.#command;
    const ended = (): void => {
      if (this.#isAskedToEnd || this.#child !== child) return;
      const how = child.signalCode ?? `exit code ${child.exitCode}`;
      folder.lost(`${command} (process ${child.pid}) ended: ${how}. The end of its log:\n${endOf(logFile)}`);
    };
    if (this.isRunning) child.once('exit', ended);
    else ended();
  }

  /** Asks it to end; kills it if it has not in time. */
  async stop(): Promise<void> {
    await this.#end(this.#command.stopSignal ?? 'SIGTERM', this.#command.stopTimeoutMs ?? 10_000);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL', 10_000);
  }

  /** Freezes it: connections stay open and nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async #end(signal: 'SIGTERM' | 'SIGINT' | 'SIGKILL', graceMs: number): Promise<void> {
    const child = this.#child;
    this.#isAskedToEnd = true;
    if (child === undefined || !this.isRunning) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    // A frozen process takes SIGTERM only once it runs again.
    child.kill('SIGCONT');
    const patience = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(patience);
  }
}

/** The process of a native broker: what may be done with it while clients are connected. */
export interface ServerControls {
  readonly port: number;
  /** Starts it again on its port. */
  start(): Promise<void>;
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it at once, by `SIGKILL`. */
  kill(): Promise<void>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
}

/** The controls of a process that listens on this port; `start` where there is more to starting it. */
export function controlsOf(
  server: ServerProcess,
  port: number,
  start: () => Promise<void> = () => server.start(),
): ServerControls {
  return {
    port,
    start,
    stop: () => server.stop(),
    kill: () => server.kill(),
    pause: () => server.pause(),
    resume: () => server.resume(),
  };
}

/** Java's, Node's, and those of PostgreSQL, Redis and Prometheus. */
const complaint =
  /\b(?:ERROR|FATAL|EADDRINUSE|error|fatal)\b|[Aa]ddress already in use|Exception\b|^\s*(?:Caused by: )?[\w.]*Error:/;

/** With the first lines that sound like an error: a server that stops in good order writes pages after them. */
function failure(what: string, logFile: string, log: string): string {
  const errors = log.split('\n').filter((line) => complaint.test(line));
  const first = errors.slice(0, 3).map((line) => `  ${line.trim().slice(0, 300)}`);
  const said = first.length === 0 ? [] : ['Its first errors:', ...first];
  return [what, ...said, `The end of ${logFile}:`, log.slice(-3_000)].join('\n');
}

/** The last lines of a log, which goes with its folder. */
function endOf(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').slice(-1_000).trim();
  } catch {
    return '(there is none)';
  }
}

/** A watchdog that waits for the end of our pipe, which the system closes however this process ends. */
function killWithParent(child: ChildProcess): void {
  if (child.pid === undefined || process.platform === 'win32') return;
  const script = 'cat >/dev/null; kill -9 "$1" 2>/dev/null';
  const watchdog = spawn('sh', ['-c', script, 'sh', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
  child.unref();
  child.once('exit', () => watchdog.kill('SIGKILL'));
}
