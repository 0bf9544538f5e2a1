import { Fifo } from '../model/fifo.ts';

/** Something that runs; tasks with the same slot run one after the other, in the order they were added. */
export interface Schedulable {
  /** A key, a partition, or `undefined` for what may run at any time. */
  readonly slot: string | undefined;
}

/**
 * Decides which task may run now: pure.
 *
 * Of each slot only the oldest task is ever runnable; it keeps its slot, also between attempts, until
 * {@link KeyedScheduler.finished}. Other slots are not affected, and runnable tasks come out in the order they became so.
 */
export class KeyedScheduler<Task extends Schedulable> {
  /** Slots that are taken, each with what waits behind it (nothing, in most cases). */
  readonly #slots = new Map<string, Fifo<Task> | undefined>();
  #ready = new Fifo<Task>();

  /** Runnable tasks. */
  get ready(): number {
    return this.#ready.length;
  }

  add(task: Task): void {
    if (task.slot === undefined || !this.#slots.has(task.slot)) {
      if (task.slot !== undefined) this.#slots.set(task.slot, undefined);
      this.#ready.push(task);
      return;
    }
    let waiting = this.#slots.get(task.slot);
    if (waiting === undefined) this.#slots.set(task.slot, (waiting = new Fifo()));
    waiting.push(task);
  }

  /** What {@link KeyedScheduler.next} gives. */
  peek(): Task | undefined {
    return this.#ready.peek();
  }

  next(): Task | undefined {
    return this.#ready.shift();
  }

  /** A task that came out and was not finished may run again, in its slot. */
  again(task: Task): void {
    this.#ready.push(task);
  }

  /** The task is settled or given up: its slot goes to the next in line. */
  finished(task: Task): void {
    if (task.slot === undefined) return;
    const next = this.#slots.get(task.slot)?.shift();
    if (next === undefined) this.#slots.delete(task.slot);
    else this.#ready.push(next);
  }

  /** Takes out every runnable or waiting task that `drop` names, and returns them. */
  discard(drop: (task: Task) => boolean): Task[] {
    const dropped: Task[] = [];
    const keep = (from: Fifo<Task>): Fifo<Task> => {
      const kept = new Fifo<Task>();
      for (const task of from) {
        if (drop(task)) dropped.push(task);
        else kept.push(task);
      }
      return kept;
    };
    for (const [slot, waiting] of this.#slots) if (waiting !== undefined) this.#slots.set(slot, keep(waiting));
    const fromWaiting = dropped.length;
    this.#ready = keep(this.#ready);
    // A runnable task holds its slot; one that waited does not.
    for (const task of dropped.slice(fromWaiting)) this.finished(task);
    return dropped;
  }
}
