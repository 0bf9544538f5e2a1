import { fork } from 'node:child_process';
import type { ProcessPlan } from './member-plan.ts';

/** Everything that a process has to know which uses a client and closes it. */
export interface ClosingPlan extends Omit<ProcessPlan, 'seed' | 'address'> {
  /** How long after the close it may go on. */
  readonly graceMs: number;
}

export interface ClosingReport {
  readonly handled: number;
}

/** Runs such a process to its end. `left`: what kept it alive, or how it failed; empty if it ended by itself. */
export function closeInProcess(
  plan: ClosingPlan,
  signal: AbortSignal,
): Promise<{ readonly handled: number; readonly left: string }> {
  const child = fork(new URL('closing-worker.js', import.meta.url), {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  let handled = 0;
  let said = '';
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  child.on('message', (report: ClosingReport) => ({ handled } = report));
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    kill();
  });
  child.send(plan);
  return new Promise((resolve) => {
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      const end = code === 0 ? '' : `ended with ${killedBy ?? code}`;
      resolve({ handled, left: said === '' ? end : said });
    });
  });
}
