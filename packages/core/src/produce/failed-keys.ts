import { keyId } from '../model/key-id.ts';
import type { Key } from '../model/encoded.ts';
import type { Pending } from './pending.ts';

/** Keys that `afterFailure: 'fail-key'` holds back until somebody lets them pass. */
export class FailedKeys {
  readonly #ids = new Set<string>();

  has(key: Key): boolean {
    if (this.#ids.size === 0) return false;
    const id = keyId(key);
    return id !== undefined && this.#ids.has(id);
  }

  add(key: Key): void {
    const id = keyId(key);
    if (id !== undefined) this.#ids.add(id);
  }

  delete(key: Key): void {
    const id = keyId(key);
    if (id !== undefined) this.#ids.delete(id);
  }
}

/** With which event each of some keys failed first. */
export class FailedSince {
  readonly #orders = new Map<string, number>();

  constructor(failed: readonly Pending[]) {
    for (const { event, order } of failed) {
      const id = keyId(event.key);
      if (id !== undefined) this.#orders.set(id, Math.min(order, this.#orders.get(id) ?? Infinity));
    }
  }

  /** The key failed with an event that was sent before this one. */
  isBefore({ event, order }: Pending): boolean {
    const id = keyId(event.key);
    const since = id === undefined ? undefined : this.#orders.get(id);
    return since !== undefined && since < order;
  }
}
