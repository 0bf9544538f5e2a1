import { type ChildProcess, fork } from 'node:child_process';
import type { Entry } from '../history/entry.ts';
import type { History } from '../history/history.ts';
import type { PeerMessage } from './peers.ts';
import type { MemberPlan } from './member-plan.ts';

/** A group member that can be crashed, frozen and asked to leave. */
export interface VolatileMember {
  readonly name: string;
  /** Ends without a word: no more handlers, no more heartbeats. */
  crash(): Promise<void>;
  /** Stops answering while everything it holds stays as it is; the returned function wakes it. */
  freeze(): () => void;
  /** Nothing that it says is heard, and it hears nothing, though it goes on; the returned function ends that. */
  cutOff(): () => void;
  /** Drains and leaves. */
  leave(): Promise<void>;
}

interface Surroundings {
  readonly history: History;
  /** Told why, if the process ends with an error that nobody here brought about. */
  readonly died: (why: string) => void;
  /** What this process says to those of the other members. */
  readonly told?: (message: PeerMessage) => void;
  readonly cutOff?: () => () => void;
  readonly main?: URL;
}

/** A member in a process of its own, which streams what happens to it. */
export class MemberProcess implements VolatileMember {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #cutOff: () => () => void;
  #isCrashed = false;

  constructor(
    plan: Pick<MemberPlan, 'name'>,
    {
      history,
      died,
      told = () => undefined,
      cutOff = () => () => undefined,
      main = new URL('worker.js', import.meta.url),
    }: Surroundings,
  ) {
    this.name = plan.name;
    this.#cutOff = cutOff;
    this.#child = fork(main, {
      // Conditions by which a parent resolves to sources are not for what is compiled.
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (entry: Entry | PeerMessage) => {
      if (entry.kind === 'peer') told(entry);
      else history.receive(entry);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        // One that had died by itself when it was to crash still says how.
        const isOurs = this.#isCrashed && signal === 'SIGKILL';
        if (code !== 0 && !isOurs) died(`process of ${plan.name} ended with ${signal ?? code}`);
        resolve();
      });
    });
    this.#child.send(plan);
  }

  /** Hands on what another process says; one that ended hears nothing. */
  tell(message: PeerMessage): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  async crash(): Promise<void> {
    this.#isCrashed = true;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  freeze(): () => void {
    this.#child.kill('SIGSTOP');
    return () => this.#child.kill('SIGCONT');
  }

  cutOff(): () => void {
    return this.#cutOff();
  }

  async leave(): Promise<void> {
    // One that ended by itself has closed its channel, perhaps at this moment; what is missing is for the checks to say.
    if (this.#child.connected) this.#child.send('leave', () => undefined);
    await this.#ended;
  }
}
