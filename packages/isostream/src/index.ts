export * from '@isostream/core';
export { connect, type ConnectOptions } from './connect.ts';
export { type ConfigSources, findConfig, loadConfig } from './config.ts';
export type { Config } from './overlay.ts';
export type { KafkaConfig, KafkaSaslConfig } from './providers/kafka.ts';
export type { MemoryConfig } from './providers/memory.ts';
export type { AwsCredentials, AwsKeys, KinesisConfig } from './providers/kinesis.ts';
export type { CheckpointConfig, EventHubsConfig, ManagementConfig } from './providers/event-hubs.ts';
export type { PubSubConfig } from './providers/pubsub.ts';
export {
  adapterOptions,
  addressText,
  createAdapter,
  type ProviderConfigs,
  type ProviderName,
  providerNames,
} from './providers/providers.ts';
export { redact } from './redact.ts';
