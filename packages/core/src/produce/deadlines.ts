import { Chain, type Link } from '../model/chain.ts';
import type { Pending } from './pending.ts';

/**
 * Who waits until when: pure. Of those who may wait equally long the first is always the next to expire, so each such time
 * has a queue of its own, and joining and leaving cost the same however many wait. An item leaves by its link `due`.
 */
export class Deadlines {
  readonly #queues = new Map<number, Queue>();

  /** `at` grows from call to call with the same `afterMs`. */
  add(item: Pending, afterMs: number, at: number): void {
    let queue = this.#queues.get(afterMs);
    if (queue === undefined) this.#queues.set(afterMs, (queue = new Queue(afterMs, this.#queues)));
    item.until = at;
    queue.push(item.due);
  }

  /** When the next one expires; `undefined` with nobody waiting. */
  get first(): number | undefined {
    let first: number | undefined;
    for (const queue of this.#queues.values()) {
      const at = queue.first?.until;
      if (at !== undefined && (first === undefined || at < first)) first = at;
    }
    return first;
  }

  /** Takes out all whose time is up, in the order in which they were sent. */
  take(now: number): Pending[] {
    const expired: Pending[] = [];
    for (const queue of this.#queues.values())
      for (let item = queue.first; item !== undefined && item.until <= now; item = queue.first) {
        item.due.unlink();
        expired.push(item);
      }
    return expired.toSorted((one, other) => one.order - other.order);
  }
}

class Queue extends Chain<Pending> {
  readonly #afterMs: number;
  readonly #queues: Map<number, Queue>;

  constructor(afterMs: number, queues: Map<number, Queue>) {
    super();
    this.#afterMs = afterMs;
    this.#queues = queues;
  }

  override remove(link: Link<Pending>): void {
    super.remove(link);
    if (this.length === 0) this.#queues.delete(this.#afterMs);
  }
}
