import {
  type Clock,
  StreamError,
  systemClock,
  takeOptions,
  type Start,
  type TopicSettings,
} from '@isostream/core/adapter';
import { Faults } from './faults.ts';
import { type Group, MemoryGroup } from './group.ts';
import { MemorySubscription } from '../individual/subscription.ts';
import { brokerOptions, type MemoryBrokerOptions } from '../options.ts';
import { PartitionLog } from './partition-log.ts';

/** Topics and groups that live as long as this value; any number of adapters can share it. */
export class MemoryBroker {
  readonly clock: Clock;
  readonly faults: Faults = new Faults();
  readonly headers: 'bytes' | 'none';
  readonly settlement: 'watermark' | 'individual';
  readonly #topics = new Map<string, MemoryTopic>();
  /** Nobody reaches it: so many faults say so. */
  #away = 0;
  readonly #partitions: number;
  readonly #sessionTimeoutMs: number;

  constructor(options: MemoryBrokerOptions = {}) {
    const taken = takeOptions(brokerOptions, options, { where: 'memory' });
    this.clock = taken.clock ?? systemClock;
    this.headers = taken.headers;
    this.settlement = taken.settlement;
    this.#partitions = this.settlement === 'individual' ? 1 : taken.partitions;
    this.#sessionTimeoutMs = taken.sessionTimeout;
  }

  /** Nobody reaches it until the returned function is called. */
  goAway(): () => void {
    this.#away++;
    let isBack = false;
    return () => {
      if (!isBack) this.#away--;
      isBack = true;
    };
  }

  /** Throws `unavailable` while nobody reaches it. */
  checkReach(): void {
    if (this.#away === 0) return;
    throw new StreamError('unavailable', 'the broker is out of reach', { where: 'memory' });
  }

  get topicNames(): readonly string[] {
    return [...this.#topics.keys()];
  }

  find(name: string): MemoryTopic | undefined {
    return this.#topics.get(name);
  }

  /** Throws `unknown-topic`. */
  topic(name: string): MemoryTopic {
    const topic = this.#topics.get(name);
    if (topic !== undefined) return topic;
    throw unknownTopic(name);
  }

  /** Throws `conflict` where the topic exists. */
  create(name: string, settings: TopicSettings): void {
    if (this.#topics.has(name)) throw new StreamError('conflict', `topic "${name}" exists`, { where: 'memory' });
    this.#topics.set(
      name,
      new MemoryTopic(name, { partitions: this.#partitions, ...settings }, this.clock, this.#sessionTimeoutMs),
    );
  }

  delete(name: string): void {
    const topic = this.topic(name);
    this.#topics.delete(name);
    topic.remove();
  }
}

export function createMemoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  return new MemoryBroker(options);
}

/** One topic of a {@link MemoryBroker}. */
export class MemoryTopic {
  readonly name: string;
  readonly #logs: PartitionLog[] = [];
  readonly #groups = new Map<string, Group>();
  readonly #clock: Clock;
  readonly #sessionTimeoutMs: number;
  #settings: TopicSettings;

  constructor(name: string, settings: TopicSettings, clock: Clock, sessionTimeoutMs: number) {
    this.name = name;
    this.#clock = clock;
    this.#sessionTimeoutMs = sessionTimeoutMs;
    this.#settings = {};
    this.alter(settings);
  }

  get settings(): TopicSettings & { readonly maxEventBytes: number } {
    const { partitions: _, ...rest } = this.#settings;
    return {
      retentionMs: Infinity,
      compaction: false,
      maxEventBytes: 1_048_576,
      ...rest,
      partitions: this.#logs.length,
    };
  }

  /** Partitions, after retention did its work. */
  get logs(): readonly PartitionLog[] {
    const { retentionMs = Infinity, retentionBytes = Infinity } = this.#settings;
    if (retentionMs !== Infinity || retentionBytes !== Infinity) {
      for (const log of this.#logs) log.retain({ retentionMs, retentionBytes }, this.#clock.now());
    }
    return this.#logs;
  }

  get groupNames(): readonly string[] {
    return [...this.#groups.keys()];
  }

  alter(settings: TopicSettings): void {
    this.#settings = { ...this.#settings, ...settings };
    const partitions = Math.min(settings.partitions ?? 0, 10_000);
    while (this.#logs.length < partitions) this.#logs.push(new PartitionLog(String(this.#logs.length)));
    for (const group of this.#groups.values()) group.rebalance();
  }

  /** The log of a partition; throws `internal` for one that this topic does not have. */
  log(partition: string): PartitionLog {
    const log = this.logs[Number(partition)];
    if (log !== undefined) return log;
    throw new StreamError('internal', `topic "${this.name}" has no partition ${partition}`, { where: 'memory' });
  }

  findGroup(name: string): Group | undefined {
    return this.#groups.get(name);
  }

  deleteGroup(name: string): void {
    this.#groups.delete(name);
  }

  group(name: string): MemoryGroup {
    const found = this.#groups.get(name);
    if (found instanceof MemoryGroup) return found;
    const group = new MemoryGroup({ ...this.#groupOptions(name), logs: () => this.#logs });
    this.#groups.set(name, group);
    return group;
  }

  /** The same where events are settled one by one; `from` counts for a group that is new. */
  subscription(name: string, from: Start): MemorySubscription {
    const found = this.#groups.get(name);
    if (found instanceof MemorySubscription) return found;
    const subscription = new MemorySubscription({ ...this.#groupOptions(name), log: this.log('0'), from });
    this.#groups.set(name, subscription);
    return subscription;
  }

  #groupOptions(
    name: string,
  ): Pick<ConstructorParameters<typeof MemoryGroup>[0], 'topic' | 'name' | 'clock' | 'sessionTimeoutMs'> {
    return { topic: this.name, name, clock: this.#clock, sessionTimeoutMs: this.#sessionTimeoutMs };
  }

  /** The topic is gone: so are the partitions of whoever reads it. */
  remove(): void {
    this.#logs.length = 0;
    for (const group of this.#groups.values()) group.disband(unknownTopic(this.name));
  }
}

function unknownTopic(name: string): StreamError {
  const message = `topic "${name}" does not exist. Create it, or connect with topology: 'ensure'`;
  return new StreamError('unknown-topic', message, { where: 'memory' });
}
