export { eventHubsCapabilities } from './capabilities.ts';
export { createEventHubs, type EventHubsAdapter } from './event-hubs.ts';
export type { EventHubsManagement, HubSettings } from './client/management.ts';
export { eventHubsOptions, type CheckpointStorage, type EventHubsOptions } from './options.ts';
export { createResourceManager, type ResourceManagerOptions } from './client/resource-manager.ts';
