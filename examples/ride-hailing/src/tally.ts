/** What the services saw, for the summary at the end. */
export class Tally {
  sent = 0;
  /** Of what was sent, where drivers are. */
  locations = 0;
  handled = 0;
  retries = 0;
  /** Events that came a second time: after a redrive, or after a crash. */
  repeats = 0;
  outOfOrder = 0;
  readonly keys = new Set<string>();
  readonly #last = new Map<string, number>();
  readonly #seen = new Set<string>();

  /** One handler call; `order` counts the events of a key. */
  saw(
    service: string,
    event: { readonly id: string; readonly key: string; readonly order: number },
    attempt: number,
  ): void {
    this.keys.add(event.key);
    if (attempt > 1) this.retries++;
    else if (this.#seen.has(event.id)) this.repeats++;
    else {
      const lane = `${service}/${event.key}`;
      if (event.order < (this.#last.get(lane) ?? -1)) this.outOfOrder++;
      this.#last.set(lane, event.order);
      this.#seen.add(event.id);
    }
  }
}
