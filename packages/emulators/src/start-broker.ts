import { startEventHubsBroker } from './event-hubs/broker.ts';
import { startGlue } from './glue/glue.ts';
import { startKafka } from './kafka/kafka.ts';
import { startKinesis } from './kinesis/kinesis.ts';
import type { LocalBroker, StartOptions } from './local-broker.ts';
import { startOpenSearch } from './opensearch/opensearch.ts';
import { startPostgres } from './postgres/postgres.ts';
import { startPubSub } from './pubsub/pubsub.ts';
import { startPrometheus } from './prometheus/prometheus.ts';
import { startRedis } from './redis/redis.ts';
import { startSchemaRegistry } from './schema-registry/schema-registry.ts';

const starters: Readonly<Record<string, (options: StartOptions) => Promise<LocalBroker>>> = {
  kafka: startKafka,
  kinesis: startKinesis,
  pubsub: startPubSub,
  'event-hubs': startEventHubsBroker,
  'schema-registry': startSchemaRegistry,
  glue: startGlue,
  postgres: startPostgres,
  redis: startRedis,
  prometheus: startPrometheus,
  opensearch: startOpenSearch,
};

/** What can be started here: the broker of each provider, schema registries, PostgreSQL, Redis, Prometheus and OpenSearch. */
export const localBrokers: readonly string[] = Object.keys(starters);

/** Starts what this provider needs, or one of the other servers; it ends with this process at the latest. Throws `BrokerUnavailable` that says what to install. */
export async function startBroker(provider: string, options: StartOptions = {}): Promise<LocalBroker> {
  const start = starters[provider];
  if (start === undefined)
    throw new Error(`${provider} has no broker that can be started. Valid providers: ${localBrokers.join(', ')}`);
  return start(options);
}
