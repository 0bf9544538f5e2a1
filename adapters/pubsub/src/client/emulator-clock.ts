import type { CallOptions } from 'google-gax';
import { randomUUID } from 'node:crypto';
import type { PubSubClients } from './clients.ts';
import { status, statusOf } from '../errors.ts';
import type { Names } from '../names.ts';
import { moment, type ServiceClock } from './service-clock.ts';

/** A snapshot of a subscription in which nothing waits expires so long after it was made. */
const snapshotMs = 7 * 86_400_000;

/**
 * Emulators do not date their answers. What one does date is a snapshot: where nothing waits it tells the time to the
 * millisecond. So one is made of a topic of our own, which is there for a moment. False if it is to be tried again.
 */
export async function learnFromSnapshot(
  clock: ServiceClock,
  { publisher, subscriber }: PubSubClients,
  names: Names,
  options: CallOptions,
): Promise<boolean> {
  const { topic, subscription, snapshot } = names.clock(randomUUID());
  try {
    await publisher.createTopic({ name: topic }, options);
    await subscriber.createSubscription({ name: subscription, topic }, options);
    const since = moment();
    const [{ expireTime }] = await subscriber.createSnapshot({ name: snapshot, subscription }, options);
    const time = Number(expireTime?.seconds ?? 0) * 1_000 + Math.floor((expireTime?.nanos ?? 0) / 1e6) - snapshotMs;
    if (time > 0) clock.learn(time, time, since);
    return true;
  } catch (thrown) {
    // Not every emulator has snapshots: then our clock has to do.
    return statusOf(thrown) === status.unimplemented;
  } finally {
    await subscriber.deleteSnapshot({ snapshot }, options).catch(() => undefined);
    await subscriber.deleteSubscription({ subscription }, options).catch(() => undefined);
    await publisher.deleteTopic({ topic }, options).catch(() => undefined);
  }
}
