import { createKafka, type KafkaAdapter } from '@isostream/kafka';

/** How clients of the suite reach Kafka, in this process and in others. */
export interface KafkaSuiteSettings {
  readonly brokers: readonly string[];
}

export const sessionTimeoutMs = 3_000;

/** Also called by member processes. */
export function createAdapter({ brokers }: KafkaSuiteSettings, clientId: string): KafkaAdapter {
  return createKafka({ brokers, clientId, sessionTimeout: sessionTimeoutMs, requestTimeout: '5s' });
}

/** What member processes load. */
export const clientsModule: string = import.meta.url;
