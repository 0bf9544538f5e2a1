import { defineTopic, StreamError, type Streams } from '@isostream/core';
import type { Config } from '../config/definition.ts';

/** The topics that a source writes to: known to exist, or made where its file says how. */
export class ProducedTopics {
  readonly #streams: Streams;
  readonly #config: Config;
  readonly #connector: string;
  readonly #mayMake: boolean;
  readonly #known = new Set<string>();

  constructor(streams: Streams, config: Config, connector: string, mayMake: boolean) {
    this.#mayMake = mayMake;
    this.#streams = streams;
    this.#config = config;
    this.#connector = connector;
  }

  /** Rejects with `unknown-topic` for one that does not exist and is not to be made. */
  async ensure(topics: readonly string[]): Promise<void> {
    for (const topic of new Set(topics)) {
      if (this.#known.has(topic)) continue;
      if ((await this.#streams.admin.describe(topic)) === undefined) await this.#make(topic);
      this.#known.add(topic);
    }
  }

  async #make(name: string): Promise<void> {
    const { admin, adapter } = this.#streams;
    const [factor, partitions] = ['replication.factor', 'partitions'].map((setting) =>
      Number(this.#config.optional(`topic.creation.default.${setting}`) ?? Number.NaN),
    );
    if (!this.#mayMake || factor === undefined || partitions === undefined || Number.isNaN(factor + partitions)) {
      const cure = !this.#mayMake
        ? 'Create it first: topic.creation.enable is false in the worker’s file'
        : 'Create it first, or set topic.creation.default.partitions and topic.creation.default.replication.factor';
      const message = `${this.#connector} writes to topic ${name}, and the service does not have it. ${cure}`;
      throw new StreamError('unknown-topic', message, { where: 'connect' });
    }
    // -1 is what the service has as its own default.
    const copies = factor > 0 && adapter.capabilities.replication ? { replication: { factor } } : {};
    const shares = partitions > 0 ? { partitions } : {};
    await admin.ensure(defineTopic(name, { raw: true, ...shares, ...copies }));
  }
}
