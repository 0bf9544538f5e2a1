import type { v1 } from '@google-cloud/pubsub';

/** Google's low-level clients; the methods of both are the service's own calls. */
export interface PubSubClients {
  readonly publisher: v1.PublisherClient;
  readonly subscriber: v1.SubscriberClient;
}
