import { createKafka, type KafkaAdapter, type KafkaOptions } from '@isostream/kafka';

/** How clients of the suite reach Kafka, in this process and in others. */
export type KafkaSuiteSettings = KafkaOptions;

export const sessionTimeoutMs = 3_000;

/** Also called by member processes. */
export function createAdapter(settings: KafkaSuiteSettings, clientId: string): KafkaAdapter {
  return createKafka({ ...settings, clientId, sessionTimeout: sessionTimeoutMs, requestTimeout: '5s' });
}

/** What member processes load. */
export const clientsModule: string = import.meta.url;
