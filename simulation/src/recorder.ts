import type { Entry, NewEntry } from '@isostream/conformance/checks';
import type { SimulatedClock } from './clock.ts';

/** One stored event, as far as checks have to know it. */
export interface Stored {
  readonly id: string;
  readonly key: string | null;
  readonly bytes: number;
}

/** A history in virtual time. Faults are recorded in it as they take effect, so that a run without them is seen to prove nothing. */
export class Recorder {
  readonly #entries: Entry[] = [];
  readonly #stored = new Map<string, Stored>();
  readonly #clock: SimulatedClock;
  /** Breaches of the adapter contract by core, seen by the simulated service. */
  readonly breaches: string[] = [];

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  record(entry: NewEntry): void {
    this.#entries.push({ at: this.#clock.monotonic(), ...entry });
  }

  mark(name: string): void {
    this.record({ kind: 'mark', name });
  }

  /** A fault did something. */
  bite(name: string): void {
    this.record({ kind: 'fault', name, edge: 'start' });
  }

  breach(what: string): void {
    this.breaches.push(what);
    this.mark(`breach: ${what}`);
  }

  /** What the service stored, by place. */
  get contents(): ReadonlyMap<string, Stored> {
    return this.#stored;
  }

  stored(place: string, event: Stored): void {
    this.#stored.set(place, event);
  }

  /** Letters name only the place. */
  idAt(place: string): string {
    return this.#stored.get(place)?.id ?? place;
  }
}
