import { keyId } from '../model/key-id.ts';
import type { Key } from '../model/encoded.ts';

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
