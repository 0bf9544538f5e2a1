export * from '@isostream/core';
export { connect, type ConnectOptions } from './connect.ts';
export {
  type Config,
  type ConfigSources,
  type KafkaConfig,
  type KafkaSaslConfig,
  loadConfig,
  type MemoryConfig,
  type ProviderName,
  providerNames,
} from './config.ts';
export { createAdapter } from './providers.ts';
export { redact } from './redact.ts';
