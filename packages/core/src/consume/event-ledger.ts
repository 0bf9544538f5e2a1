import type { Assignment } from '../contract/source.ts';
import type { StoredEvent } from '../model/encoded.ts';
import { notOfThisKind } from './engine-errors.ts';
import type { Ledger, Sent } from './ledger.ts';
import type { Task } from './task.ts';

/** Of a subscription whose events are settled one by one. */
export class EventLedger implements Ledger {
  readonly #assignment: Assignment;
  #added = 0;
  /** Started, and neither settled nor given up. */
  readonly #begun = new Set<Task>();
  #unsent: Task[] = [];
  /** What a call is telling now. */
  #sending: readonly Task[] = [];
  #isGone = false;
  readonly unsettled = 0;
  readonly span = 0;
  readonly isEager = true;
  readonly keepsRoom = true;

  constructor(assignment: Assignment) {
    this.#assignment = assignment;
  }

  get isFinished(): boolean {
    return this.#begun.size === 0;
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0 || this.#sending.length > 0;
  }

  add(): number {
    return this.#added++;
  }

  pass(): void {}

  start(task: Task): void {
    this.#begun.add(task);
  }

  settle(task: Task): void {
    this.#unsent.push(task);
  }

  leave(task: Task): void {
    this.#begun.delete(task);
  }

  owes(task: Task): boolean {
    return this.#begun.has(task);
  }

  async send(): Promise<Sent> {
    const tasks = this.#unsent;
    this.#unsent = [];
    this.#sending = tasks;
    try {
      const assignment = this.#assignment;
      if (assignment.settle === undefined) throw notOfThisKind(assignment.partition, 'commits positions');
      await assignment.settle(tasks.map((task) => task.stored));
      return { tasks };
    } catch (thrown) {
      // In front: whatever is told of a key is told in its order.
      if (!this.#isGone) this.#unsent = [...tasks, ...this.#unsent];
      throw thrown;
    } finally {
      this.#sending = [];
    }
  }

  release(events: readonly StoredEvent[]): void {
    this.#assignment.release?.(events);
  }

  forget(): readonly Task[] {
    this.#isGone = true;
    const tasks = [...this.#sending, ...this.#unsent];
    this.#unsent = [];
    return tasks;
  }
}
