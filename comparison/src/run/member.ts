import { type ChildProcess, fork } from 'node:child_process';
import type { History } from '@isostream/conformance/checks';
import type { Service, Subject } from '../subject.ts';
import { recordedHandler } from './handler.ts';
import type { Command, MemberPlan, Word } from './member-plan.ts';

/** A member of a group, wherever it lives. */
export interface Member {
  readonly name: string;
  pause(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
  crash(): Promise<void>;
  /** The result wakes it. */
  freeze(): () => void;
}

/** So long a client may take for what it is told. */
const commandMs = 30_000;

/** A member in a process of its own. */
export class MemberProcess implements Member {
  readonly name: string;
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #died: (why: string) => void;
  readonly #waiting = new Map<Command | 'ready', () => void>();
  #isToEnd = false;

  constructor(plan: MemberPlan, history: History, died: (why: string) => void) {
    this.name = plan.handler.member;
    this.#died = died;
    this.#child = fork(new URL('member-main.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (word: Word) => {
      if ('entry' in word) history.receive(word.entry);
      else if ('died' in word) died(`${this.name}: ${word.died}`);
      else this.#waiting.get(word.done)?.();
    });
    this.#child.once('exit', (code, signal) => {
      for (const resolve of this.#waiting.values()) resolve();
      if (!this.#isToEnd) died(`${this.name} ended with ${signal ?? code}`);
    });
    this.ready = this.#until('ready');
    this.#child.send(plan);
  }

  pause(): Promise<void> {
    return this.#tell('pause');
  }

  resume(): Promise<void> {
    return this.#tell('resume');
  }

  async close(): Promise<void> {
    this.#isToEnd = true;
    const ended = this.#ended();
    await this.#tell('close');
    await ended;
  }

  async crash(): Promise<void> {
    this.#isToEnd = true;
    const ended = this.#ended();
    this.#child.kill('SIGKILL');
    await ended;
  }

  freeze(): () => void {
    this.#child.kill('SIGSTOP');
    return () => this.#child.kill('SIGCONT');
  }

  #ended(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#child.kill('SIGKILL'), commandMs);
      this.#child.once('exit', () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  async #tell(command: Command): Promise<void> {
    if (!this.#child.connected) return;
    const done = this.#until(command);
    this.#child.send(command);
    await done;
  }

  #until(word: Command | 'ready'): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#died(`${this.name} did not ${word === 'ready' ? 'get ready' : word} within ${commandMs / 1_000} s`);
        resolve();
      }, commandMs);
      this.#waiting.set(word, () => {
        clearTimeout(late);
        resolve();
      });
    });
  }
}

/** A member in this process: of a client that has no service. */
export async function memberInside(
  subject: Subject,
  service: Service,
  { partitions, handler }: Pick<MemberPlan, 'partitions' | 'handler'>,
  history: History,
  died: (why: string) => void,
): Promise<Member> {
  const { member, topic, group } = handler;
  const client = await subject.open(service, member);
  const handle = recordedHandler(handler, (entry) => history.record(entry));
  const failed = (error: unknown): void => died(`${member}: ${String(error)}`);
  const consumption = await client.consume({ topic, group, partitions, handle, ready: () => undefined, failed });
  const absent = (): never => {
    throw new Error('what lives in one process has no members that end without it');
  };
  return {
    name: member,
    pause: async () => consumption.pause?.(),
    resume: async () => consumption.resume?.(),
    async close() {
      await consumption.close();
      history.record({ kind: 'closed', member });
      await client.close();
    },
    crash: absent,
    freeze: absent,
  };
}
