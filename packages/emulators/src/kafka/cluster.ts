import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { ServerControls } from '../server-process.ts';
import type { KafkaSecurity } from './security.ts';

export interface KafkaClusterOptions extends BrokerOptions {
  /** Default 1. Three have replication factor 3 and `min.insync.replicas` 2. */
  readonly brokers?: 1 | 3;
  /** More listeners, with SASL, TLS and both, access control, and TLS between brokers. Native only. */
  readonly secured?: boolean;
  /** What clients are told to connect to instead of each broker's own port: proxies. Native only. */
  readonly advertisedPorts?: readonly number[];
  /** Java heap of each broker in MB. Default 256. */
  readonly heapMb?: number;
  /** Lines of `server.properties` that win over the launcher's. Native only. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** One broker of a cluster; its port is the one that it listens on, whatever is advertised. It starts again on its data. */
export interface KafkaNode extends ServerControls {
  readonly id: number;
}

export interface KafkaCluster extends RunningBroker {
  /** For `createKafka`, `connect` and `ISOSTREAM_URL`. */
  readonly url: string;
  /** Empty with Docker. */
  readonly nodes: readonly KafkaNode[];
  readonly security?: KafkaSecurity;
}
