import { inMode, type Mode } from '../in-mode.ts';
import { startDockerKafka } from './docker.ts';
import { startNativeKafka } from './native.ts';
import type { KafkaSecurity } from './security.ts';

export interface KafkaOptions {
  /** Default 1. Three have replication factor 3 and `min.insync.replicas` 2. */
  readonly brokers?: 1 | 3;
  /** `auto` takes native where it can start, else Docker. Default `auto`. */
  readonly mode?: Mode;
  /** More listeners, with SASL, TLS and both, and access control. Native, one broker. */
  readonly secured?: boolean;
  /** What clients are told to connect to instead of each broker's own port: proxies. Native only. */
  readonly advertisedPorts?: readonly number[];
  /** Java heap of each broker in MB. Default 256. */
  readonly heapMb?: number;
  /** Lines of `server.properties` that win over the launcher's. Native only. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly keepLogs?: boolean;
  readonly progress?: (text: string) => void;
}

/** One broker of a cluster. */
export interface KafkaNode {
  readonly id: number;
  /** The port that it listens on, whatever is advertised. */
  readonly port: number;
  /** Starts it again on its data. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface KafkaCluster extends AsyncDisposable {
  /** For `createKafka`, `connect` and `ISOSTREAM_URL`. */
  readonly url: string;
  readonly mode: 'native' | 'docker';
  /** Version, size and mode, for people. */
  readonly description: string;
  readonly logFolder: string | undefined;
  /** Empty with Docker. */
  readonly nodes: readonly KafkaNode[];
  readonly security?: KafkaSecurity;
  stop(): Promise<void>;
}

/** Starts a real Apache Kafka that ends with this process at the latest. Throws {@link BrokerUnavailable} that says what to install. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const { mode = 'auto', progress } = options;
  const start = { native: () => startNativeKafka(options), docker: () => startDockerKafka(options) };
  return inMode<KafkaCluster>(mode, start, progress);
}
