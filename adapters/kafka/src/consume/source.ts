import { retrying, type Source, type SourceListener, type Subscription, Warnings } from '@isostream/core/adapter';
import { Cluster } from '../client/cluster.ts';
import { toStreamError } from '../errors.ts';
import type { KafkaSettings } from '../options.ts';
import type { Wire } from '../client/wire.ts';
import { Fetcher } from './fetcher.ts';
import { Session } from './session.ts';

/** Connections of one source: a join that waits must not hold up a heartbeat, nor a fetch that waits another fetch. */
export interface SourceWires {
  readonly data: Wire;
  readonly join: Wire;
  readonly backlog: Wire;
  readonly waiting: Wire;
}

/** One member of a Kafka consumer group. */
export class KafkaSource implements Source {
  readonly #createWire: () => Wire;
  readonly #subscription: Subscription;
  readonly #settings: KafkaSettings;

  constructor(createWire: () => Wire, subscription: Subscription, settings: KafkaSettings) {
    this.#createWire = createWire;
    this.#subscription = subscription;
    this.#settings = settings;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const wires = openWires(this.#createWire);
    try {
      const { topic } = this.#subscription;
      const cluster = new Cluster(wires.data);
      const options = { what: `topic "${topic}"`, where: 'kafka', warnings: new Warnings('kafka'), signal };
      const found = await retrying(() => findTopic(cluster, topic, wires).then(() => true), options);
      if (found !== true || signal.aborted) return;
      const fetcher = new Fetcher(cluster, topic, this.#settings, wires);
      const { sessionTimeoutMs } = this.#settings;
      const session = new Session({
        subscription: this.#subscription,
        listener,
        cluster,
        fetcher,
        joinWire: wires.join,
        sessionTimeoutMs,
      });
      try {
        await session.run(signal);
      } finally {
        fetcher.stop();
      }
    } finally {
      await closeWires(wires);
    }
  }
}

export function openWires(createWire: () => Wire): SourceWires {
  return { data: createWire(), join: createWire(), backlog: createWire(), waiting: createWire() };
}

export async function closeWires(wires: SourceWires): Promise<void> {
  const { data, join, backlog, waiting } = wires;
  await Promise.all([data, join, backlog, waiting].map((wire) => wire.close()));
}

/** Looks the topic up on all connections, once. Throws `unknown-topic` and whatever else fails. */
export async function findTopic(cluster: Cluster, topic: string, wires: SourceWires): Promise<void> {
  try {
    await cluster.refresh(topic);
    await Promise.all([wires.join, wires.backlog, wires.waiting].map((wire) => wire.metadata([topic])));
  } catch (thrown) {
    throw toStreamError(thrown, `topic "${topic}"`);
  }
}
