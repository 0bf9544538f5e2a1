export { pubsubCapabilities } from './capabilities.ts';
export type { PubSubClients } from './connection.ts';
export type { PubSubOptions } from './options.ts';
export { createPubSub, type PubSubAdapter } from './pubsub.ts';
