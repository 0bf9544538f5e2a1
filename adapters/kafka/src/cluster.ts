import { kafkaError, toStreamError } from './errors.ts';
import { type NodeId, type TopicMetadata, type Wire, WireError } from './wire/wire.ts';

const leaderNotAvailable = 5;

/** What is known of topics and their leaders; asked again when somebody says that it is out of date. */
export class Cluster {
  readonly wire: Wire;
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #refreshing = new Map<string, Promise<TopicMetadata>>();

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /** The topic as last seen; `undefined` before {@link Cluster.refresh}. */
  known(topic: string): TopicMetadata | undefined {
    return this.#topics.get(topic);
  }

  leader(topic: string, partition: number): NodeId {
    return this.#topics.get(topic)?.partitions[partition]?.leader ?? -1;
  }

  /** Asks the cluster; calls at the same time share one request. Throws `unknown-topic`, `unauthorized`, `unavailable`, …. */
  refresh(topic: string): Promise<TopicMetadata> {
    let refreshing = this.#refreshing.get(topic);
    if (refreshing === undefined) {
      refreshing = this.#refresh(topic).finally(() => this.#refreshing.delete(topic));
      this.#refreshing.set(topic, refreshing);
    }
    return refreshing;
  }

  async #refresh(name: string): Promise<TopicMetadata> {
    const what = `topic "${name}"`;
    const { topics } = await this.wire.metadata([name]).catch((thrown: unknown) => {
      throw toStreamError(thrown, what);
    });
    const topic = topics.find((each) => each.name === name);
    if (topic === undefined) throw kafkaError(3, what);
    if (topic.error !== 0) throw kafkaError(topic.error, what);
    this.#topics.set(name, topic);
    return topic;
  }
}

/** Sorts partitions to their leaders. Throws while one has none. */
export function byLeader(topic: TopicMetadata, partitions: readonly number[]): Map<NodeId, number[]> {
  const groups = new Map<NodeId, number[]>();
  for (const partition of partitions) {
    const leader = topic.partitions[partition]?.leader ?? -1;
    if (leader < 0) throw new WireError('protocol', `partition ${partition}`, { code: leaderNotAvailable, sent: 'no' });
    const group = groups.get(leader);
    if (group === undefined) groups.set(leader, [partition]);
    else group.push(partition);
  }
  return groups;
}
