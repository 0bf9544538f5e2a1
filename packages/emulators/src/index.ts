export { BrokerUnavailable } from './broker-unavailable.ts';
export { freePorts } from './free-ports.ts';
export type { BrokerOptions, RunningBroker } from './in-mode.ts';
export type { ServerControls } from './server-process.ts';
export type { LocalBroker, StartOptions } from './local-broker.ts';
export { localBrokers, startBroker } from './start-broker.ts';
export { type GlueServer, type GlueServerOptions, startGlue } from './glue/glue.ts';
export type { KafkaCluster, KafkaClusterOptions, KafkaNode } from './kafka/cluster.ts';
export { runKafkaTool } from './kafka/jars.ts';
export { startKafka } from './kafka/kafka.ts';
export { type KafkaConnectOptions, type KafkaConnectServer, startKafkaConnect } from './kafka-connect/kafka-connect.ts';
export type { KafkaSecurity } from './kafka/security.ts';
export type { KinesisEmulator, KinesisEmulatorOptions } from './kinesis/emulator.ts';
export { startKinesis } from './kinesis/kinesis.ts';
export type { PubSubEmulator, PubSubEmulatorOptions } from './pubsub/emulator.ts';
export { startPrometheus, type PrometheusServerOptions } from './prometheus/prometheus.ts';
export { startPubSub } from './pubsub/pubsub.ts';
export {
  type SchemaRegistryOptions,
  type SchemaRegistryServer,
  startSchemaRegistry,
} from './schema-registry/schema-registry.ts';
export { type OpenSearchOptions, type OpenSearchServer, startOpenSearch } from './opensearch/opensearch.ts';
export { type PostgresServer, type PostgresServerOptions, startPostgres } from './postgres/postgres.ts';
export { type RedisServer, type RedisServerOptions, startRedis } from './redis/redis.ts';
export { startPstest } from './pubsub/pstest.ts';
export { startAzurite } from './event-hubs/azurite/azurite.ts';
export type { Azurite, AzuriteOptions } from './event-hubs/azurite/options.ts';
export { type EventHubsProcess, type EventHubsProcessOptions, startEventHubs } from './event-hubs/process.ts';
export {
  type MicrosoftEventHubs,
  type MicrosoftEventHubsOptions,
  startMicrosoftEventHubs,
} from './event-hubs/microsoft/microsoft.ts';
