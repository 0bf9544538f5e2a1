import { defineTopic } from 'isostream';
import { z } from 'zod';

const place = z.object({ latitude: z.number(), longitude: z.number() });
export type Place = z.infer<typeof place>;

/** Drivers that wait for a rider. */
export const driverAvailable = defineTopic('driver-available', {
  events: { 'driver.available': z.object({ driverId: z.string(), shift: z.number() }) },
  key: (event) => event.data.driverId,
  partitions: 6,
  retention: '1d',
});

/** Where drivers are. */
export const driverLocations = defineTopic('driver-locations', {
  events: { 'driver.moved': z.object({ driverId: z.string(), step: z.number(), at: place }) },
  key: (event) => event.data.driverId,
  partitions: 6,
  retention: '1d',
});

/** What was agreed between a rider and a driver. */
export const rides = defineTopic('rides', {
  events: {
    'ride.offered': z.object({ driverId: z.string(), rider: z.string(), kilometres: z.number(), shift: z.number() }),
  },
  key: (event) => event.data.driverId,
  partitions: 6,
  retention: '1d',
});

/** They ask for nothing that one of the providers does not have: compaction, for example, is Kafka's alone. */
export const topics = [driverAvailable, driverLocations, rides];
