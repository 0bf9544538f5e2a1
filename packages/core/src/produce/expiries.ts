/**
 * Who waits until when: pure. Of those who may wait equally long the first is always the next to expire, so each such time
 * has a queue of its own, and joining and leaving cost the same however many wait.
 */
export class Expiries<Item> {
  readonly #queues = new Map<number, Map<Item, number>>();

  /** `at` grows from call to call with the same `afterMs`. */
  add(item: Item, afterMs: number, at: number): void {
    let queue = this.#queues.get(afterMs);
    if (queue === undefined) this.#queues.set(afterMs, (queue = new Map<Item, number>()));
    queue.set(item, at);
  }

  delete(item: Item, afterMs: number): void {
    const queue = this.#queues.get(afterMs);
    if (queue?.delete(item) === true && queue.size === 0) this.#queues.delete(afterMs);
  }

  /** When the next one expires; `undefined` with nobody waiting. */
  get first(): number | undefined {
    let first: number | undefined;
    for (const queue of this.#queues.values()) {
      const [at = Infinity] = queue.values();
      if (first === undefined || at < first) first = at;
    }
    return first;
  }

  /** Takes out all whose time is up. */
  take(now: number): Item[] {
    const expired: Item[] = [];
    for (const [afterMs, queue] of this.#queues) {
      for (const [item, at] of queue) {
        if (at > now) break;
        expired.push(item);
        queue.delete(item);
      }
      if (queue.size === 0) this.#queues.delete(afterMs);
    }
    return expired;
  }
}
