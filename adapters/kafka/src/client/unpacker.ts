import { unpack } from './unpack.ts';

/** Whoever holds something unpacked, and can have it unpacked again. */
export interface Holder {
  drop(): void;
}

/**
 * Unpacks for all partitions of one consumer, one batch after the other. What they hold unpacked is never more than the
 * limit of one batch in all: the one held longest gives way, and is unpacked again when it has its turn.
 */
export class Unpacker {
  readonly #limit: number;
  readonly #held = new Map<Holder, number>();
  #bytes = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Throws as {@link unpack}. The holder must not have anything unpacked now. */
  unpack(holder: Holder, codec: number, input: Buffer): Promise<Buffer> {
    const unpacking = this.#last.then(async () => {
      const output = await unpack(codec, input, this.#limit);
      this.#hold(holder, output.length);
      return output;
    });
    // Whoever asked is told of a failure; those behind do not care.
    this.#last = unpacking.catch(() => undefined);
    return unpacking;
  }

  /** The holder needs it no more. */
  release(holder: Holder): void {
    this.#bytes -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }

  #hold(holder: Holder, bytes: number): void {
    for (const other of this.#held.keys()) {
      if (this.#bytes + bytes <= this.#limit) break;
      this.release(other);
      other.drop();
    }
    this.#held.set(holder, bytes);
    this.#bytes += bytes;
  }
}
