export { pubsubCapabilities } from './capabilities.ts';
export type { PubSubClients } from './client/clients.ts';
export { pubsubOptions, type PubSubOptions } from './options.ts';
export { createPubSub, type PubSubAdapter } from './pubsub.ts';
