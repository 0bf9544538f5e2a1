import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CostTask, IdleFigures, LoadFigures, Say } from './task.ts';

const worker = fileURLToPath(new URL('worker.js', import.meta.url));

/** What members cost at rest, in a process of their own: what it costs is theirs alone. */
export async function idleFigures(task: Extract<CostTask, { kind: 'idle' }>): Promise<IdleFigures> {
  const answer = await answerTo(task);
  if (answer.kind !== 'idle') throw new Error(`a process answered with ${answer.kind}`);
  return answer.figures;
}

/** What a thousand events cost, likewise. */
export async function loadFigures(task: Extract<CostTask, { kind: 'load' }>): Promise<LoadFigures> {
  const answer = await answerTo(task);
  if (answer.kind !== 'load') throw new Error(`a process answered with ${answer.kind}`);
  return answer.figures;
}

/** Rejects when the process ends without an answer. */
function answerTo(task: CostTask): Promise<Say> {
  const child = fork(worker);
  return new Promise((resolve, reject) => {
    child.once('message', (message: Say) => resolve(message));
    // After its last message, which may be read later than its end is noticed.
    child.once('disconnect', () => reject(new Error(`the process for "${task.kind}" ended without an answer`)));
    child.send(task);
  });
}

/** A member in a process of its own that can be killed. */
export class MemberProcess {
  readonly #child: ChildProcess = fork(worker);
  #held = 0;
  #failure: Error | undefined;
  #changed: () => void = () => undefined;

  constructor(task: Extract<CostTask, { kind: 'member' }>) {
    this.#child.on('message', (message: Say) => {
      if (message.kind !== 'held') return;
      this.#held = message.partitions;
      this.#changed();
    });
    this.#child.once('exit', (code) => {
      this.#failure = new Error(`a member ended with ${code}`);
      this.#changed();
    });
    this.#child.send(task);
  }

  get held(): number {
    return this.#held;
  }

  /** Resolves once it holds as many partitions as is asked. */
  async holds(isEnough: (partitions: number) => boolean): Promise<void> {
    while (!isEnough(this.#held)) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  /** As a crash does it. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
