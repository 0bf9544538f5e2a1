import {
  type Admin,
  type GroupMember,
  type PartitionLag,
  type Position,
  sleep,
  type StoredEvent,
  StreamError,
  systemClock,
  type TopicDescription,
  type TopicGroup,
  type TopicSettings,
  type WrongPosition,
} from '@isostream/core/adapter';
import { Cluster } from './client/cluster.ts';
import { earliest, latest, offsetsAt, startOffsets } from './consume/positions.ts';
import { kafkaError, toStreamError } from './errors.ts';
import { describeGroup, foreignGroup } from './group/foreign-group.ts';
import type { KafkaSettings } from './options.ts';
import { changeConfigs, fromConfigs, toConfigs, toNewConfigs } from './topic-configs.ts';
import type { FetchedRecords } from './client/fetched-records.ts';
import { Unpacker } from './client/unpacker.ts';
import type { ClusterMetadata, PartitionOffset, Wire } from './client/wire.ts';
import { WireError } from './client/wire-error.ts';

/** Where a topic declares no number of its own. */
const defaultPartitions = 8;
const brokerDefault = -1;
/** To a commit in nobody's name: somebody is a member. */
const unknownMember = 25;
const hasMembers = 68;
const passing: ReadonlySet<number> = new Set([5, 6, 7, 14, 15, 16, 41]);
/** A leader may hear of its new partition after the controller has told everybody else. */
const passingWhenNew: ReadonlySet<number> = new Set([...passing, 3]);

export class KafkaAdmin implements Admin {
  readonly #wire: Wire;
  readonly #cluster: Cluster;
  readonly #settings: KafkaSettings;
  readonly #unpacker: Unpacker;

  constructor(wire: Wire, settings: KafkaSettings) {
    this.#wire = wire;
    this.#cluster = new Cluster(wire);
    this.#settings = settings;
    this.#unpacker = new Unpacker(settings.maxUnpackedBytes);
  }

  async listTopics(): Promise<readonly string[]> {
    const { topics } = await this.#call('list topics', () => this.#wire.metadata('all'));
    return topics.filter((topic) => topic.error === 0 && !topic.isInternal).map((topic) => topic.name);
  }

  async describeTopic(name: string): Promise<TopicDescription | undefined> {
    try {
      const topic = await this.#call(`topic "${name}"`, () => this.#cluster.refresh(name));
      const configs = await this.#call(`topic "${name}"`, () => this.#wire.describeConfigs(name));
      return {
        name,
        partitions: topic.partitions.length,
        partitionNames: topic.partitions.map(({ id }) => String(id)),
        replicationFactor: topic.partitions[0]?.replicas ?? 0,
        ...fromConfigs(configs),
      };
    } catch (error) {
      if (StreamError.is(error) && error.code === 'unknown-topic') return undefined;
      throw error;
    }
  }

  async createTopic(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void> {
    const { partitions = defaultPartitions, replicationFactor = brokerDefault } = settings;
    try {
      await this.#call(`topic "${name}"`, async () => {
        await this.#wire.createTopic(await this.#controller(), {
          name,
          partitions,
          replicationFactor,
          configs: toNewConfigs(settings),
        });
      });
    } catch (error) {
      // Somebody else is creating it at this moment: whoever is told so must be able to describe it.
      if (StreamError.is(error) && error.code === 'conflict')
        await this.#waitUntil(name, (count) => count !== undefined, signal);
      throw error;
    }
    await this.#waitUntil(name, (count) => count === partitions, signal);
    await this.#untilServed(name);
  }

  async alterTopic(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void> {
    const { partitions } = settings;
    const changes = toConfigs(settings);
    if (Object.keys(changes).length > 0) {
      await this.#call(`topic "${name}"`, () => changeConfigs(this.#wire, name, changes));
    }
    const current = await this.#call(`topic "${name}"`, () => this.#cluster.refresh(name));
    if (partitions === undefined || partitions === current.partitions.length) return;
    await this.#call(`topic "${name}"`, async () =>
      this.#wire.createPartitions(await this.#controller(), name, partitions),
    );
    await this.#waitUntil(name, (count) => count === partitions, signal);
    await this.#untilServed(name);
  }

  async deleteTopic(name: string, signal?: AbortSignal): Promise<void> {
    await this.#call(`topic "${name}"`, async () => this.#wire.deleteTopic(await this.#controller(), name));
    await this.#waitUntil(name, (count) => count === undefined, signal);
  }

  async listGroups(topic: string): Promise<readonly string[]> {
    const { nodes } = await this.#call('list groups', () => this.#wire.metadata([topic]));
    const partitions = await this.#partitions(topic);
    const found: string[] = [];
    for (const node of nodes) {
      for (const group of await this.#call('list groups', () => this.#wire.listGroups(node))) {
        const offsets = await this.#committed(group, topic, partitions);
        if (offsets.some(({ offset }) => offset >= 0n)) found.push(group);
      }
    }
    return found.toSorted();
  }

  /** One request for each group, whatever the number of topics. */
  async listAllGroups(): Promise<readonly TopicGroup[]> {
    const { nodes, topics: all } = await this.#call('list groups', () => this.#wire.metadata('all'));
    const topics = all.filter((topic) => topic.error === 0 && !topic.isInternal);
    const perNode = await Promise.all(
      nodes.map(async (node) => {
        const found: TopicGroup[] = [];
        for (const group of await this.#call('list groups', () => this.#wire.listGroups(node))) {
          const offsets = await this.#call(`group "${group}"`, async () =>
            this.#wire.offsetFetchAll(await this.#wire.coordinator(group), group, topics),
          );
          for (const topic of offsets.keys()) found.push({ topic, group });
        }
        return found;
      }),
    );
    return perNode.flat();
  }

  async listMembers(topic: string, group: string): Promise<readonly GroupMember[]> {
    const node = await this.#call(`group "${group}"`, () => this.#wire.coordinator(group));
    const { members } = await this.#call(`group "${group}"`, () => describeGroup(this.#wire, node, group));
    return members
      .filter(({ topics, assignment }) => topics.includes(topic) || assignment.has(topic))
      .map(({ memberId, clientId, host, assignment }) => ({
        id: memberId,
        clientId,
        host: host.replace(/^\//, ''),
        partitions: (assignment.get(topic) ?? []).map(String),
      }));
  }

  async lag(topic: string, group: string): Promise<readonly PartitionLag[]> {
    const partitions = await this.#partitions(topic);
    const [starts, ends] = await Promise.all([
      this.#call(`topic "${topic}"`, () => this.#offsets(topic, partitions, earliest)),
      this.#call(`topic "${topic}"`, () => this.#offsets(topic, partitions, latest)),
    ]);
    const committed = new Map(
      (await this.#committed(group, topic, partitions)).map(({ partition, offset }) => [partition, offset]),
    );
    if ([...committed.values()].every((offset) => offset < 0n)) await this.#refuseOtherTypes(group);
    const ages = await this.#agesAt(topic, partitions, starts, ends, committed);
    return partitions.map((partition) => {
      const offset = committed.get(partition) ?? -1n;
      const [start = 0n, end = 0n] = [starts.get(partition), ends.get(partition)];
      const from = offset > start ? offset : start;
      return {
        partition: String(partition),
        events: Number(end > from ? end - from : 0n),
        ms: ages.get(partition) ?? 0,
        committed: offset < 0n ? undefined : String(offset),
        end: String(end),
      };
    });
  }

  async wrongPositions(topic: string, positions: ReadonlyMap<string, Position>): Promise<readonly WrongPosition[]> {
    const partitions = await this.#partitions(topic);
    const ends = await this.#call(`topic "${topic}"`, () => this.#offsets(topic, partitions, latest));
    const names = new Map(partitions.map((partition) => [String(partition), partition]));
    return [...positions].flatMap(([name, position]): WrongPosition[] => {
      const partition = names.get(name);
      if (partition === undefined) return [{ partition: name, problem: 'no-partition' }];
      if (!/^\d{1,19}$/.test(position)) return [{ partition: name, problem: 'no-position' }];
      return BigInt(position) > (ends.get(partition) ?? 0n) ? [{ partition: name, problem: 'beyond-end' }] : [];
    });
  }

  async resetGroup(
    topic: string,
    group: string,
    to: 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>,
  ): Promise<void> {
    const node = await this.#call(`group "${group}"`, () => this.#wire.coordinator(group));
    const foreign = await foreignGroup(this.#wire, node, group, { mayHaveMembers: true });
    if (foreign !== undefined) throw foreign;
    const { members } = await this.#call(`group "${group}"`, () => describeGroup(this.#wire, node, group));
    if (members.length > 0)
      throw new StreamError(
        'conflict',
        `group "${group}" has ${members.length === 1 ? '1 member. Stop it' : `${members.length} members. Stop them`}, then reset it`,
        {
          where: 'kafka',
        },
      );
    const partitions = await this.#partitions(topic);
    const offsets =
      typeof to === 'string' || to instanceof Date
        ? await this.#call(`topic "${topic}"`, () => startOffsets(this.#cluster, topic, partitions, to))
        : new Map([...to].map(([partition, position]) => [Number(partition), BigInt(position)]));
    const results = await this.#call(`group "${group}"`, () =>
      this.#wire.offsetCommit(node, { group, generation: -1, memberId: '' }, topic, offsets),
    );
    for (const { partition, error } of results)
      if (error !== 0)
        throw kafkaError(error === unknownMember ? hasMembers : error, `group "${group}", partition ${partition}`);
  }

  async deleteGroup(topic: string, group: string): Promise<void> {
    const partitions = await this.#partitions(topic);
    await this.#refuseOtherTypes(group);
    const results = await this.#call(`group "${group}"`, async () =>
      this.#wire.offsetDelete(await this.#wire.coordinator(group), group, topic, partitions),
    );
    for (const { partition, error } of results)
      if (error !== 0) throw kafkaError(error, `group "${group}", partition ${partition}`);
  }

  /** A share group, say, has nothing of what is asked for, and is not to be taken for a group that is not there. */
  async #refuseOtherTypes(group: string): Promise<void> {
    const node = await this.#call(`group "${group}"`, () => this.#wire.coordinator(group));
    const foreign = await foreignGroup(this.#wire, node, group, { mayHaveMembers: true });
    if (foreign !== undefined) throw foreign;
  }

  /** Age of the oldest event that is not committed, in milliseconds: read from the event itself. */
  async #agesAt(
    topic: string,
    partitions: readonly number[],
    starts: ReadonlyMap<number, bigint>,
    ends: ReadonlyMap<number, bigint>,
    committed: ReadonlyMap<number, bigint>,
  ): Promise<Map<number, number>> {
    const ages = new Map<number, number>();
    const reads = partitions.map(async (partition) => {
      const [start = 0n, end = 0n] = [starts.get(partition), ends.get(partition)];
      const offset = committed.get(partition) ?? -1n;
      const from = offset > start ? offset : start;
      if (from >= end) return;
      const node = this.#cluster.leader(topic, partition);
      const request = {
        maxWaitMs: 0,
        maxBytes: 65_536,
        topics: [{ topic, partitions: [{ partition, offset: from, maxBytes: 65_536 }] }],
      };
      const [result] = await this.#call(`topic "${topic}"`, () => this.#wire.fetch(node, request));
      const first = result === undefined ? undefined : await this.#first(result.records, Number(from));
      if (first !== undefined) ages.set(partition, Math.max(0, Date.now() - first.timestamp));
    });
    await Promise.all(reads);
    return ages;
  }

  /** The first event from an offset on; none where that cannot be read: whoever consumes it is told why. */
  async #first(records: FetchedRecords, from: number): Promise<StoredEvent | undefined> {
    try {
      await records.unpack(this.#unpacker, from, Infinity);
      return records.read(from, Infinity);
    } catch {
      return undefined;
    } finally {
      records.release();
    }
  }

  async #committed(group: string, topic: string, partitions: readonly number[]): Promise<readonly PartitionOffset[]> {
    return this.#call(`group "${group}"`, async () =>
      this.#wire.offsetFetch(await this.#wire.coordinator(group), group, topic, partitions),
    );
  }

  /** By the leaders as they are at this moment, so that it can be tried again. */
  async #offsets(topic: string, partitions: readonly number[], timestamp: number): Promise<Map<number, bigint>> {
    await this.#cluster.refresh(topic);
    return offsetsAt(this.#cluster, topic, partitions, timestamp);
  }

  /** Whoever may create a topic but not look at it is believed to be done. */
  async #untilServed(name: string): Promise<void> {
    try {
      await this.#call(
        `topic "${name}"`,
        async () => this.#offsets(name, await this.#partitions(name), latest),
        passingWhenNew,
      );
    } catch (error) {
      if (!StreamError.is(error) || error.code !== 'unauthorized') throw error;
    }
  }

  async #partitions(topic: string): Promise<readonly number[]> {
    return (await this.#call(`topic "${topic}"`, () => this.#cluster.refresh(topic))).partitions.map(({ id }) => id);
  }

  async #controller(): Promise<number> {
    return (await this.#wire.metadata([])).controller;
  }

  /**
   * Every broker knows it: who connects to any of them next must not find the topic missing, nor find one that is gone.
   * Each learns of it in its own time. One that does not answer tells nobody anything.
   */
  async #waitUntil(
    name: string,
    isSo: (partitions: number | undefined) => boolean,
    signal?: AbortSignal,
  ): Promise<void> {
    const deadline = performance.now() + this.#settings.requestTimeoutMs;
    const isKnownIn = ({ topics }: ClusterMetadata): boolean => {
      const topic = topics.find((each) => each.name === name && each.error !== 3);
      const isLed = topic?.partitions.every(({ leader }) => leader >= 0) !== false;
      return isLed && isSo(topic?.partitions.length);
    };
    for (;;) {
      const first = await this.#call(`topic "${name}"`, () => this.#wire.metadata([name]));
      if (isKnownIn(first)) {
        const all = await Promise.allSettled(first.nodes.map((node) => this.#wire.metadata([name], node)));
        if (all.every((view) => view.status === 'rejected' || isKnownIn(view.value))) return;
      }
      if (performance.now() > deadline)
        throw new StreamError('timeout', `topic "${name}": the brokers did not agree on it in time`, {
          where: 'kafka',
        });
      await sleep(systemClock, 20, signal);
    }
  }

  /** Again while the coordinator or the controller is on the move, which takes some hundred milliseconds. */
  async #call<T>(what: string, request: () => Promise<T>, transient = passing): Promise<T> {
    const deadline = performance.now() + this.#settings.requestTimeoutMs;
    for (;;) {
      try {
        return await request();
      } catch (thrown) {
        const isPassing = thrown instanceof WireError && transient.has(thrown.code);
        if (!isPassing || performance.now() > deadline) throw toStreamError(thrown, what);
        await sleep(systemClock, 50);
      }
    }
  }
}
