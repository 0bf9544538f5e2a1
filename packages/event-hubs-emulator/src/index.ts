export { connectionStringOf as eventHubsConnectionString, defaultKeyName } from './connection-string.ts';
export { connectEventHubsControls, type EventHubsControls } from './control/controls.ts';
export type { AttachedFilter as EventHubsLinkFilter } from './amqp/attached.ts';
export { serverBusy, type WriteFault, type WriteFaultPlan } from './faults.ts';
export type { EventHubsServerOptions } from './options.ts';
export { createEventHubsServer, EventHubsServer } from './server.ts';
export { ServiceError } from './service-error.ts';
export type { HubDescription, HubOptions } from './store/namespace.ts';
export type { StoredEvent as StoredEventHubsEvent } from './store/stored-event.ts';
