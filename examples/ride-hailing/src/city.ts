import type { Place } from './topics.ts';

/** People and streets, the same in every run. */
export class City {
  readonly drivers: readonly string[];
  readonly #waiting: { readonly rider: string; readonly at: Place }[];
  readonly riders: number;
  #state = 7;

  constructor(drivers: number, riders: number) {
    this.drivers = Array.from({ length: drivers }, (_, index) => `driver-${index + 1}`);
    this.#waiting = Array.from({ length: riders }, (_, index) => ({
      rider: `rider-${index + 1}`,
      at: this.anyPlace(),
    }));
    this.riders = riders;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  anyPlace(): Place {
    return { latitude: 47.36 + this.#random() * 0.04, longitude: 8.5 + this.#random() * 0.08 };
  }

  /** The rider who waits nearest to a place stops waiting. */
  takeNearest(to: Place): { readonly rider: string; readonly kilometres: number } | undefined {
    let nearest: number | undefined;
    for (const [index, { at }] of this.#waiting.entries()) {
      if (nearest === undefined || kilometres(at, to) < kilometres(this.#waiting[nearest]?.at ?? at, to))
        nearest = index;
    }
    const [taken] = nearest === undefined ? [] : this.#waiting.splice(nearest, 1);
    return taken === undefined ? undefined : { rider: taken.rider, kilometres: kilometres(taken.at, to) };
  }

  /** A linear congruential generator: good enough for streets. */
  #random(): number {
    this.#state = (this.#state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return this.#state / 2_147_483_648;
  }
}

/** On a plane, which a city is. */
function kilometres(a: Place, b: Place): number {
  const north = (a.latitude - b.latitude) * 111;
  const east = (a.longitude - b.longitude) * 75;
  return Math.round(Math.hypot(north, east) * 10) / 10;
}
