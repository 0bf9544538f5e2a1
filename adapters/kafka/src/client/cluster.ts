import { StreamError } from '@isostream/core/adapter';
import { kafkaError, toStreamError } from '../errors.ts';
import type { NodeId, TopicMetadata, Wire } from './wire.ts';
import { WireError } from './wire-error.ts';

const leaderNotAvailable = 5;

/** A topic as last seen, with what tells it from an earlier or later one of its name; `undefined` where nobody says. */
export interface SeenTopic extends TopicMetadata {
  readonly topicId: string | undefined;
}

/** What is known of topics and their leaders; asked again when somebody says that it is out of date. */
export class Cluster {
  readonly wire: Wire;
  readonly #topics = new Map<string, SeenTopic>();
  readonly #refreshing = new Map<string, Promise<SeenTopic>>();

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /** The topic as last seen; `undefined` before {@link Cluster.refresh}. */
  known(topic: string): SeenTopic | undefined {
    return this.#topics.get(topic);
  }

  leader(topic: string, partition: number): NodeId {
    return this.#topics.get(topic)?.partitions[partition]?.leader ?? -1;
  }

  /** Asks the cluster; calls at the same time share one request. Throws `unknown-topic`, `unauthorized`, `unavailable`, …. */
  refresh(topic: string): Promise<SeenTopic> {
    let refreshing = this.#refreshing.get(topic);
    if (refreshing === undefined) {
      refreshing = this.#refresh(topic).finally(() => this.#refreshing.delete(topic));
      this.#refreshing.set(topic, refreshing);
    }
    return refreshing;
  }

  async #refresh(name: string): Promise<SeenTopic> {
    const what = `topic "${name}"`;
    const answers = Promise.all([this.wire.metadata([name]), this.wire.topicId(name)]);
    const [{ topics }, topicId] = await answers.catch((thrown: unknown) => {
      throw toStreamError(thrown, what);
    });
    const topic = topics.find((each) => each.name === name);
    if (topic === undefined) throw kafkaError(3, what);
    if (topic.error !== 0) throw kafkaError(topic.error, what);
    const seen = { ...topic, topicId };
    this.#topics.set(name, seen);
    return seen;
  }
}

/** Whether two looks saw two topics of one name. */
export function isAnother(a: SeenTopic | undefined, b: SeenTopic): boolean {
  return a?.topicId !== undefined && b.topicId !== undefined && a.topicId !== b.topicId;
}

/** What a consumer ends with whose topic is another one now: its positions mean nothing there. */
export function createdAgain(topic: string): StreamError {
  const message = `topic "${topic}" was deleted and created again while this consumer read it. Start the consumer again: it begins where \`from\` says`;
  return new StreamError('unknown-topic', message, { where: 'kafka' });
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
