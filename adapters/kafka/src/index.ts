export { kafkaCapabilities } from './capabilities.ts';
export { createKafka, type KafkaAdapter } from './kafka.ts';
export { kafkaOptions, type KafkaOptions, type KafkaSasl } from './options.ts';
export { murmur2, partitionOf } from './produce/partitioner.ts';
export type { KafkaGroup, KafkaNative } from './client/native.ts';
