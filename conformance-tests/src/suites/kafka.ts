import type { Adapter } from '@isostream/core/adapter';
import { startKafka } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import type { Harness } from './harness.ts';

export interface KafkaHarnessOptions {
  /** A cluster that runs already; else one is started. */
  readonly url?: string;
  readonly mode?: 'auto' | 'native' | 'docker';
  readonly progress?: (text: string) => void;
}

const sessionTimeoutMs = 3_000;

/** A real Apache Kafka: the one at the URL, or one of our own. Throws `BrokerUnavailable`. */
export async function kafkaHarness(options: KafkaHarnessOptions = {}): Promise<Harness> {
  const { url, mode = 'auto', progress } = options;
  const cluster = url === undefined ? await startKafka({ mode, ...(progress === undefined ? {} : { progress }) }) : undefined;
  const brokers = (url ?? cluster?.url ?? '').replace(/^kafka:\/\//, '').split(',');
  return {
    name: 'kafka',
    createAdapter: (clientId) => createKafka({ brokers, clientId, sessionTimeout: sessionTimeoutMs }),
    sessionTimeoutMs,
    clockSkewMs: url === undefined ? 5 : 2_000,
    quietMs: 20_000,
    wrong: { unavailable: unreachable },
    close: async () => cluster?.stop(),
  };
}

/** Port 1 is reserved and nobody listens there. */
function unreachable(): Adapter {
  return createKafka({ brokers: ['127.0.0.1:1'] });
}
