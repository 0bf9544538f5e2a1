export { eventHubsCapabilities } from './capabilities.ts';
export { createEventHubs, type EventHubsAdapter } from './event-hubs.ts';
export type { EventHubsManagement, HubSettings } from './management.ts';
export { eventHubsOptions, type CheckpointStorage, type EventHubsOptions } from './options.ts';
export { createResourceManager, type ResourceManagerOptions } from './resource-manager.ts';
