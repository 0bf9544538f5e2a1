import type { Streams } from 'isostream';
import type { Tally } from '../tally.ts';
import { driverLocations, type Place } from '../topics.ts';

/** Keeps the latest position of each driver. */
export class DriverLocation {
  readonly #latest = new Map<string, Place>();
  readonly #streams: Streams;
  readonly #tally: Tally;

  constructor(streams: Streams, tally: Tally) {
    this.#streams = streams;
    this.#tally = tally;
  }

  of(driverId: string): Place | undefined {
    return this.#latest.get(driverId);
  }

  run(): Promise<void> {
    const consumer = this.#streams.consumer(driverLocations, { group: 'driver-location' });
    return consumer.run(({ data, id }, { attempt }) => {
      this.#tally.saw('location', { id, key: data.driverId, order: data.step }, attempt);
      this.#tally.handled++;
      this.#latest.set(data.driverId, data.at);
    });
  }
}
