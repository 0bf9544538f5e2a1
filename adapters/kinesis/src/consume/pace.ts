/** A shard takes five reads per second, from all who read it. */
export const readIntervalMs = 200;

/** Reads of a shard to which events come: one call a second is left to others. */
const busyIntervalMs = 250;
/** How much of the way back to the full pace each read goes that is not refused. */
const recovery = 0.98;
/** After so many poll intervals without an event a shard is left alone for twice as long: most shards of most topics are silent. */
const silentIntervals = 10;

/**
 * How long to wait between reads of a shard: pure. As long as events come at its end it is asked again soon, so that they wait
 * for a part of the poll interval only; with every page without events it is left alone for twice as long, up to that interval,
 * and up to two of them after ten without an event.
 * Where the rate is refused, because others read the shard as well, the pace halves, and grows again slowly.
 */
export class Pace {
  readonly #pollIntervalMs: number;
  #busyMs: number;
  #quietMs: number;
  /** At the end, and without an event. */
  #silentMs = 0;

  constructor(pollIntervalMs: number) {
    this.#pollIntervalMs = pollIntervalMs;
    this.#busyMs = Math.min(pollIntervalMs, busyIntervalMs);
    this.#quietMs = pollIntervalMs;
  }

  /** How long to wait after a page. */
  after({ isAtTip, records }: { readonly isAtTip: boolean; readonly records: { readonly length: number } }): number {
    this.#busyMs = Math.max(Math.min(this.#pollIntervalMs, busyIntervalMs), this.#busyMs * recovery);
    if (records.length > 0) {
      this.#quietMs = this.#busyMs;
      this.#silentMs = 0;
    } else if (isAtTip) {
      this.#silentMs += this.#quietMs;
      const isSilent = this.#silentMs > silentIntervals * this.#pollIntervalMs;
      this.#quietMs = Math.min(isSilent ? this.#pollIntervalMs * 2 : this.#pollIntervalMs, this.#quietMs * 2);
    }
    return isAtTip ? this.#quietMs : Math.min(this.#pollIntervalMs, readIntervalMs);
  }

  /** A read was refused for its rate. */
  refused(): void {
    this.#busyMs = Math.min(this.#pollIntervalMs, this.#busyMs * 2);
  }
}
