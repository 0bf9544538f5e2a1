export * from '@isostream/core';
export { connect, type ConnectOptions } from './connect.ts';
export { type ConfigSources, findConfig, findProvider, loadConfig } from './config.ts';
export type { Config } from './overlay.ts';
export type {
  AwsCredentials,
  AwsKeys,
  CheckpointConfig,
  EventHubsConfig,
  KafkaConfig,
  KafkaSaslConfig,
  KinesisConfig,
  ManagementConfig,
  MemoryConfig,
  ProviderConfigs,
  ProviderName,
  PubSubConfig,
} from './providers/configs.ts';
export { adapterOptions, addressText } from './providers/options.ts';
export { capacityOf } from './providers/capacity.ts';
export { policyOf } from './providers/policy.ts';
export { createAdapter, providerNames } from './providers/providers.ts';
export { redact } from './redact.ts';
