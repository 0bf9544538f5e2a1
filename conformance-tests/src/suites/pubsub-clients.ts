import type { PubSubThrottling } from './pubsub-throttling.ts';
import { createPubSub, type PubSubAdapter, type PubSubOptions } from '@isostream/pubsub';

/** How clients of the suite reach Pub/Sub, in this process and in others. */
export type PubSubSuiteSettings = PubSubOptions;

/** What the service takes at least. */
export const ackDeadlineMs = 10_000;

/** Also called by member processes, which nobody throttles. */
export function createAdapter(
  settings: PubSubSuiteSettings,
  _clientId: string,
  throttling?: PubSubThrottling,
): PubSubAdapter {
  const adapter = createPubSub({ ...settings, sessionTimeout: ackDeadlineMs, requestTimeout: '5s', pullWait: '1s' });
  return throttling?.on(adapter) ?? adapter;
}

/** What member processes load. */
export const clientsModule: string = import.meta.url;
