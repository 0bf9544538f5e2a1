import { type ChildProcess, spawn } from 'node:child_process';
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
    await log.close();
    if (child.pid !== undefined) folder.record(child.pid);
    killWithParent(child);
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const text = (await readFile(logFile)).subarray(before).toString('utf8');
      if (ready.test(text)) return;
      if (!this.isRunning)
        throw new Error(`${command} ended before it was ready. The end of ${logFile}:\n${text.slice(-3_000)}`);
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(
          `${command} was not ready within ${timeoutMs} ms. The end of ${logFile}:\n${text.slice(-3_000)}`,
        );
      }
      await wait(50);
    }
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
