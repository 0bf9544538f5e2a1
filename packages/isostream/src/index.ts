export * from '@isostream/core';
export { connect, type ConnectOptions } from './connect.ts';
export { type Config, type ConfigSources, loadConfig } from './config.ts';
export type { KafkaConfig, KafkaSaslConfig } from './providers/kafka.ts';
export type { MemoryConfig } from './providers/memory.ts';
export type { PubSubConfig } from './providers/pubsub.ts';
export { createAdapter, type ProviderConfigs, type ProviderName, providerNames } from './providers/providers.ts';
export { redact } from './redact.ts';
