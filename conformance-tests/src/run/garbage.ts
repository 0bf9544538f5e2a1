import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Tells how many of some objects are still held by something. */
export class Garbage {
  readonly #seen: WeakRef<object>[] = [];
  readonly #collect: () => void = collector();

  watch<Item extends object>(item: Item): Item {
    this.#seen.push(new WeakRef(item));
    return item;
  }

  get watched(): number {
    return this.#seen.length;
  }

  /** How many are held after a collection, a turn of the event loop after whatever held them last. */
  async held(): Promise<number> {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#collect();
    }
    return this.#seen.filter((seen) => seen.deref() !== undefined).length;
  }
}

/** Node and Deno collect when V8 is told to, Bun by a function of its own. */
function collector(): () => void {
  const bun: unknown = Reflect.get(globalThis, 'Bun');
  if (typeof bun === 'object' && bun !== null && 'gc' in bun && typeof bun.gc === 'function') {
    const { gc } = bun;
    return () => void Reflect.apply(gc, bun, [true]);
  }
  setFlagsFromString('--expose-gc');
  return () => void runInNewContext('gc()');
}
