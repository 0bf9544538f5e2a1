import { randomUUID } from 'node:crypto';
import { StreamError } from '@isostream/core';
import type { Intent, Job, Plan } from './job.ts';

/** An intent, and the act itself. */
export interface Act extends Intent {
  /** What no other act may change at the same time. */
  readonly on?: string | undefined;
  run(signal: AbortSignal, progress: (done: number, of: number) => void): Promise<unknown>;
}

/** A plan is of the state that it was made from, and that does not stay. */
const planMs = 10 * 60_000;
const keptJobs = 100;

/** Plans of this start, and what became of them. */
export class Jobs {
  readonly #plans = new Map<string, { readonly act: Act; readonly expires: number }>();
  readonly #jobs = new Map<string, Job>();
  readonly #running = new Map<string, AbortController>();
  readonly #busy = new Set<string>();
  readonly #following = new Set<Promise<void>>();
  readonly #audit: (entry: Readonly<Record<string, unknown>>) => void;

  constructor(audit: (entry: Readonly<Record<string, unknown>>) => void) {
    this.#audit = audit;
  }

  /** Newest first. */
  get list(): readonly Job[] {
    return [...this.#jobs.values()].toReversed();
  }

  plan(act: Act): Plan {
    for (const [id, { expires }] of this.#plans) if (expires < Date.now()) this.#plans.delete(id);
    const id = randomUUID();
    const expires = Date.now() + planMs;
    this.#plans.set(id, { act, expires });
    const { kind, sentence, confirm, details, command } = act;
    return { id, kind, sentence, confirm, details, command, expires: new Date(expires).toISOString() };
  }

  /** Starts what was planned, once. Throws `conflict` for a plan that is too old, was run, or is confirmed with another word. */
  run(planId: string, confirmed: string | undefined): Job {
    const planned = this.#plans.get(planId);
    if (planned === undefined || planned.expires < Date.now())
      throw refused('the plan was run already, or is too old. Make a new one');
    const { act } = planned;
    if (act.confirm !== undefined && confirmed !== act.confirm)
      throw refused(`type ${JSON.stringify(act.confirm)} to confirm`);
    if (act.on !== undefined && this.#busy.has(act.on))
      throw refused('another change of this group is running. Wait for it, then make a new plan');
    this.#plans.delete(planId);
    if (act.on !== undefined) this.#busy.add(act.on);
    const id = randomUUID();
    const ended = new AbortController();
    this.#running.set(id, ended);
    const started = new Date().toISOString();
    const { kind, sentence } = act;
    const job: Job = {
      id,
      kind,
      sentence,
      state: 'running',
      started,
      ended: null,
      done: 0,
      of: 0,
      result: null,
      error: null,
    };
    this.#jobs.set(id, job);
    for (const old of [...this.#jobs.keys()].slice(0, -keptJobs)) if (!this.#running.has(old)) this.#jobs.delete(old);
    this.#audit({ act: kind, plan: sentence, state: 'started' });
    const following = this.#follow(id, act, ended.signal).finally(() => this.#following.delete(following));
    this.#following.add(following);
    return job;
  }

  /** Resolves when no job runs any more. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#following]);
  }

  /** Of a plan that can be run; `undefined` for one that is not there. */
  kindOf(planId: string): string | undefined {
    return this.#plans.get(planId)?.act.kind;
  }

  /** Ends a job that runs; what it has done stays done. */
  cancel(id: string): void {
    this.#running.get(id)?.abort(refused('was cancelled'));
  }

  cancelAll(): void {
    for (const id of this.#running.keys()) this.cancel(id);
  }

  async #follow(id: string, act: Act, signal: AbortSignal): Promise<void> {
    let change: Partial<Job>;
    try {
      const result = await act.run(signal, (done, of) => this.#change(id, { done, of }));
      change = { state: 'done', result };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      change = { state: signal.aborted ? 'cancelled' : 'failed', error: message };
    }
    this.#running.delete(id);
    if (act.on !== undefined) this.#busy.delete(act.on);
    this.#change(id, { ...change, ended: new Date().toISOString() });
    this.#audit({ act: act.kind, plan: act.sentence, state: change.state, result: change.result ?? change.error });
  }

  #change(id: string, change: Partial<Job>): void {
    const job = this.#jobs.get(id);
    if (job !== undefined) this.#jobs.set(id, { ...job, ...change });
  }
}

function refused(message: string): StreamError {
  return new StreamError('conflict', message, { where: 'console' });
}
