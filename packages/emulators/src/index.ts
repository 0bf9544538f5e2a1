export { BrokerUnavailable } from './broker-unavailable.ts';
export { freePorts } from './free-ports.ts';
export type { BrokerOptions, RunningBroker } from './in-mode.ts';
export type { ServerControls } from './server-process.ts';
export type { LocalBroker, StartOptions } from './local-broker.ts';
export { localBrokers, startBroker } from './start-broker.ts';
export { type KafkaCluster, type KafkaNode, type KafkaOptions, startKafka } from './kafka/kafka.ts';
export type { KafkaSecurity } from './kafka/security.ts';
export { type KinesisEmulator, type KinesisOptions, startKinesis } from './kinesis/kinesis.ts';
export { type PubSubEmulator, type PubSubOptions, startPubSub } from './pubsub/pubsub.ts';
export { startPstest } from './pubsub/pstest.ts';
export { type Azurite, type AzuriteOptions, startAzurite } from './event-hubs/azurite/azurite.ts';
export { connectEventHubsControls, type EventHubsControls } from './event-hubs/control/controls.ts';
export type { AttachedFilter as EventHubsLinkFilter } from './event-hubs/amqp/attached.ts';
export type { EventHubsServerOptions } from './event-hubs/options.ts';
export { ServiceError as EventHubsError } from './event-hubs/service-error.ts';
export type { HubDescription, HubSettings } from './event-hubs/store/namespace.ts';
export type { StoredEvent as StoredEventHubsEvent } from './event-hubs/store/partition-log.ts';
export { serverBusy, type WriteFault, type WriteFaultPlan } from './event-hubs/faults.ts';
export {
  type EventHubsProcess,
  type EventHubsProcessOptions,
  startEventHubs,
} from './event-hubs/process/event-hubs.ts';
export { createEventHubsServer, EventHubsServer } from './event-hubs/server.ts';
export {
  type MicrosoftEventHubs,
  type MicrosoftEventHubsOptions,
  startMicrosoftEventHubs,
} from './event-hubs/microsoft/microsoft.ts';
export { ServiceError } from './event-hubs/service-error.ts';
