import { retrying, type Source, type SourceListener, type Subscription, Warnings } from '@isostream/core/adapter';
import { Cluster } from '../cluster.ts';
import { toStreamError } from '../errors.ts';
import type { KafkaSettings } from '../options.ts';
import type { Wire } from '../wire/wire.ts';
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
    await withWires(this.#createWire, async (wires) => {
      const { topic } = this.#subscription;
      const cluster = new Cluster(wires.data);
      if (!(await findTopic(cluster, topic, wires, signal))) return;
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
    });
  }
}

/** Opens a source's connections for as long as the work takes. */
export async function withWires(createWire: () => Wire, work: (wires: SourceWires) => Promise<void>): Promise<void> {
  const wires = { data: createWire(), join: createWire(), backlog: createWire(), waiting: createWire() };
  try {
    await work(wires);
  } finally {
    await Promise.all(Object.values(wires).map((wire) => wire.close()));
  }
}

/** Looks the topic up on all connections, for as long as nobody answers. False once aborted. Throws `unknown-topic` and other errors that need operator action. */
export async function findTopic(
  cluster: Cluster,
  topic: string,
  wires: SourceWires,
  signal: AbortSignal,
): Promise<boolean> {
  const what = `topic "${topic}"`;
  const look = async (): Promise<true> => {
    try {
      await cluster.refresh(topic);
      await Promise.all([wires.join, wires.backlog, wires.waiting].map((wire) => wire.metadata([topic])));
      return true;
    } catch (thrown) {
      throw toStreamError(thrown, what);
    }
  };
  const found = await retrying(look, { what, where: 'kafka', warnings: new Warnings('kafka'), signal });
  return found === true && !signal.aborted;
}
