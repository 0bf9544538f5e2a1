import { connect, type DeadLetter } from 'isostream';
import { City } from './city.ts';
import type { Addresses, Observing } from './observing.ts';
import { DriverAvailability } from './services/driver-availability.ts';
import { DriverLocation } from './services/driver-location.ts';
import { Notification } from './services/notification.ts';
import type { Arrived, Sinks } from './sinks.ts';
import { Tally } from './tally.ts';
import { rides, topics } from './topics.ts';

export interface CityOptions {
  readonly url: string;
  readonly drivers: number;
  readonly riders: number;
  readonly paceMs: number;
  readonly say: (text: string) => void;
  /** Serves metrics, probes and traces meanwhile. */
  readonly observing?: Observing;
  /** Gets the locations of drivers meanwhile. */
  readonly sinks?: Sinks;
  /** Called with their addresses before anything is sent. */
  readonly observed?: (addresses: Addresses) => void | Promise<void>;
  /** Called while the services still run. */
  readonly atEnd?: (result: CityResult) => Promise<void>;
}

export interface CityResult {
  readonly tally: Tally;
  readonly told: number;
  readonly riders: number;
  readonly letters: readonly DeadLetter[];
  readonly redriven: number;
  /** What the sinks have, once all of it has arrived. */
  readonly arrived: Arrived | undefined;
}

/** The whole city: three services with a client each, as if each were a process of its own. */
export async function runCity(options: CityOptions): Promise<CityResult> {
  const { url, drivers, riders, paceMs, say, observing } = options;
  const client = { url, topics, middleware: observing?.middleware ?? [] };
  const city = new City(drivers, riders);
  const tally = new Tally();
  await using locationClient = await connect(client);
  await using availabilityClient = await connect(client);
  await using notificationClient = await connect(client);

  const addresses = await observing?.serve([locationClient, availabilityClient, notificationClient]);
  if (addresses !== undefined) await options.observed?.(addresses);

  const locations = new DriverLocation(locationClient, tally);
  const availability = new DriverAvailability(availabilityClient, city, locations, tally);
  const notification = new Notification(notificationClient, tally, say);
  const running = [locations.run(), availability.dispatch(), notification.run()];
  if (options.sinks !== undefined) running.push(options.sinks.run(url));
  // A service that dies ends the run; without this a dead one would be waited for.
  const failed = new Promise<never>((_, reject) => {
    for (const service of running) service.catch(reject);
  });

  say(`${drivers} drivers are on the road, ${riders} riders wait`);
  await Promise.race([failed, availability.publish(paceMs, () => city.waiting === 0)]);

  const findLetters = async (): Promise<DeadLetter[]> => {
    const letters: DeadLetter[] = [];
    for await (const letter of notificationClient.deadLetters(rides, { group: 'notification' })) letters.push(letter);
    return letters;
  };
  let letters = await findLetters();
  while (notification.told.size + letters.length < riders) {
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 50))]);
    letters = await findLetters();
  }
  const [letter] = letters;
  if (letter !== undefined)
    say(
      `${letters.length} dead letters, such as ${letter.key}: ${letter.error.message} (from ${letter.origin.topic} ${letter.origin.partition}/${letter.origin.position}, ${letter.attempts} attempt)`,
    );

  say('somebody corrects the phone number; the letters are sent again');
  notification.repair();
  const { redriven } = await notificationClient.redrive(rides, { group: 'notification' });
  while (notification.told.size < riders)
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 20))]);
  const findArrived = async (): Promise<Arrived | undefined> => options.sinks?.arrived();
  let arrived = await findArrived();
  while (arrived !== undefined && (arrived.documents < tally.locations || arrived.drivers < drivers)) {
    await Promise.race([failed, new Promise((resolve) => setTimeout(resolve, 50))]);
    arrived = await findArrived();
  }
  const result = { tally, told: notification.told.size, riders, letters, redriven, arrived };
  await options.atEnd?.(result);
  return result;
}
