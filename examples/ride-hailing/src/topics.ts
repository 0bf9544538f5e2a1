import { defineTopic } from 'isostream';
import { z } from 'zod';

const place = z.object({ latitude: z.number(), longitude: z.number() });
export type Place = z.infer<typeof place>;

/** Drivers that wait for a rider. */
export const driverAvailable = defineTopic('driver-available', {
  events: { 'driver.available': z.object({ driverId: z.string(), shift: z.number() }) },
  key: (event) => String(event.data?.driverId),
  partitions: 6,
  retention: '1d',
});

/** Where drivers are: only the latest position of each matters, so the topic is compacted. */
export const driverLocations = defineTopic('driver-locations', {
  events: { 'driver.moved': z.object({ driverId: z.string(), step: z.number(), at: place }) },
  key: (event) => String(event.data?.driverId),
  partitions: 6,
  compaction: true,
});

/** What was agreed between a rider and a driver. */
export const rides = defineTopic('rides', {
  events: {
    'ride.offered': z.object({ driverId: z.string(), rider: z.string(), kilometres: z.number(), shift: z.number() }),
  },
  key: (event) => String(event.data?.driverId),
  partitions: 6,
  retention: '1d',
});

export const topics = [driverAvailable, driverLocations, rides];
