import { retrying, type Source, type SourceListener, type Subscription, Warnings } from '@isostream/core/adapter';
import { Cluster } from '../client/cluster.ts';
import { toStreamError } from '../errors.ts';
import type { KafkaSettings } from '../options.ts';
import { Fetcher } from './fetcher.ts';
import { type GroupProtocol, protocolOf } from '../group/protocol.ts';
import { Session } from './session.ts';
import type { SharedWires } from './shared-wires.ts';

/** One member of a Kafka consumer group. */
export class KafkaSource implements Source {
  readonly #shared: SharedWires;
  readonly #subscription: Subscription;
  readonly #settings: KafkaSettings;

  constructor(shared: SharedWires, subscription: Subscription, settings: KafkaSettings) {
    this.#shared = shared;
    this.#subscription = subscription;
    this.#settings = settings;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const lent = this.#shared.take();
    try {
      const { topic } = this.#subscription;
      const cluster = new Cluster(lent.data);
      const options = { what: `topic "${topic}"`, where: 'kafka', warnings: new Warnings('kafka'), signal };
      const protocol = await retrying(() => this.#prepare(cluster), options);
      if (protocol === undefined || signal.aborted) return;
      const fetcher = new Fetcher(cluster, topic, this.#settings, lent.line);
      const { sessionTimeoutMs } = this.#settings;
      const session = new Session({
        subscription: this.#subscription,
        listener,
        cluster,
        fetcher,
        commits: lent.commits,
        createWire: this.#shared.createWire,
        sessionTimeoutMs,
        protocol,
      });
      try {
        await session.run(signal);
      } finally {
        fetcher.stop();
      }
    } finally {
      await lent.giveBack();
    }
  }

  async #prepare(cluster: Cluster): Promise<GroupProtocol> {
    const { topic, group } = this.#subscription;
    await findTopic(cluster, topic);
    try {
      return await protocolOf(this.#settings.groupProtocol, cluster.wire, group);
    } catch (thrown) {
      throw toStreamError(thrown, `group "${group}"`);
    }
  }
}

/** Throws `unknown-topic` and whatever else fails. */
export async function findTopic(cluster: Cluster, topic: string): Promise<void> {
  try {
    await cluster.refresh(topic);
  } catch (thrown) {
    throw toStreamError(thrown, `topic "${topic}"`);
  }
}
