import type { Streams } from 'isostream';
import type { City } from '../city.ts';
import type { Tally } from '../tally.ts';
import { driverAvailable, driverLocations, rides } from '../topics.ts';
import type { DriverLocation } from './driver-location.ts';

/** Publishes who is free, and gives each free driver the rider who waits nearest. */
export class DriverAvailability {
  readonly #streams: Streams;
  readonly #city: City;
  readonly #locations: DriverLocation;
  readonly #tally: Tally;

  constructor(streams: Streams, city: City, locations: DriverLocation, tally: Tally) {
    this.#streams = streams;
    this.#city = city;
    this.#locations = locations;
    this.#tally = tally;
  }

  /** Drivers move about and offer themselves, shift after shift, until nobody waits any more. */
  async publish(paceMs: number, isDone: () => boolean): Promise<void> {
    const locations = this.#streams.producer(driverLocations);
    const availability = this.#streams.producer(driverAvailable);
    for (let shift = 0; !isDone(); shift++) {
      const sends = this.#city.drivers.flatMap((driverId) => [
        locations.send({ type: 'driver.moved', data: { driverId, step: shift, at: this.#city.anyPlace() } }),
        availability.send({ type: 'driver.available', data: { driverId, shift } }),
      ]);
      await Promise.all(sends);
      this.#tally.sent += sends.length;
      this.#tally.locations += this.#city.drivers.length;
      await new Promise((resolve) => setTimeout(resolve, paceMs));
    }
  }

  dispatch(): Promise<void> {
    const offers = this.#streams.producer(rides);
    const consumer = this.#streams.consumer(driverAvailable, { group: 'dispatch', concurrency: 8 });
    return consumer.run(async ({ data: { driverId, shift }, id }, { attempt }) => {
      this.#tally.saw('dispatch', { id, key: driverId, order: shift }, attempt);
      const at = this.#locations.of(driverId);
      const taken = at === undefined ? undefined : this.#city.takeNearest(at);
      if (taken !== undefined) {
        await offers.send({ type: 'ride.offered', data: { driverId, shift, ...taken } });
        this.#tally.sent++;
      }
      this.#tally.handled++;
    });
  }
}
