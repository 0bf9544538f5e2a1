import type { Entry, NewEntry } from '../history/entry.ts';
import type { SimulatedClock } from './clock.ts';

/** A history in virtual time. Faults stand in it as they bite, so that a run without them is seen to prove nothing. */
export class Recorder {
  readonly #entries: Entry[] = [];
  readonly #ids = new Map<string, string>();
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

  /** What the service stored where: letters name only the place. */
  stored(place: string, id: string): void {
    this.#ids.set(place, id);
  }

  idAt(place: string): string {
    return this.#ids.get(place) ?? place;
  }
}

/** From here on the lease's holder finishes what it started. */
export function drainMark(lease: number): string {
  return `drain ${lease}`;
}

/** The lease was handed back in time, so nothing that its holder was given may come again. */
export function gracefulMark(lease: number): string {
  return `graceful ${lease}`;
}

/** The member's consumer ended with an error. */
export function failedMark(member: string): string {
  return `failed ${member}`;
}

/** Every member is gone, with everything handed back. */
export const restartMark = 'restarted';
