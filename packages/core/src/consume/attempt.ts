import { Link } from '../model/chain.ts';
import type { HandlerContext } from './options.ts';
import type { Task } from './task.ts';

/** One call of a handler, and what the handler sees of it. */
export class Attempt implements HandlerContext {
  readonly task: Task;
  readonly attempt: number;
  readonly topic: string;
  readonly group: string | undefined;
  readonly startedAt: number;
  /** Its place among those that run. */
  readonly link: Link<Attempt>;
  /** How many had returned when it was started. */
  returnedBefore: number = 0;
  #isLost = false;
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(task: Task, topic: string, group: string | undefined, startedAt: number) {
    this.task = task;
    this.attempt = task.attempts;
    this.topic = topic;
    this.group = group;
    this.startedAt = startedAt;
    this.link = new Link<Attempt>(this);
  }

  get partition(): string {
    return this.task.stored.partition;
  }

  get position(): string {
    return this.task.stored.position;
  }

  get fencingToken(): string | undefined {
    return this.task.assignment.fencingToken;
  }

  get native(): unknown {
    return this.task.stored.native;
  }

  /** Made when first asked for: most handlers never look. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  /** The assignment is gone: whatever the handler returns has no effect. */
  get isLost(): boolean {
    return this.#isLost;
  }

  lose(reason: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.abort(reason);
  }

  abort(reason: unknown): void {
    this.#aborted ??= { reason };
    this.#controller?.abort(reason);
  }
}
