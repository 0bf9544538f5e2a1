import type {
  Admin,
  GroupMember,
  PartitionLag,
  Position,
  TopicDescription,
  TopicGroup,
  TopicSettings,
  WrongPosition,
} from '@isostream/core/adapter';
import type { ConsumeParts } from './consume/parts.ts';
import { GroupAdmin } from './groups.ts';
import type { KinesisSettings } from './options.ts';
import { StreamAdmin } from './stream-admin.ts';

/** Topics are streams, which Kinesis has; groups are leases, which DynamoDB keeps. */
export class KinesisAdmin implements Admin {
  readonly #streams: StreamAdmin;
  readonly #groups: GroupAdmin;

  constructor(parts: ConsumeParts, settings: KinesisSettings) {
    this.#streams = new StreamAdmin(parts.kinesis, settings);
    this.#groups = new GroupAdmin(parts);
  }

  listTopics(signal?: AbortSignal): Promise<readonly string[]> {
    return this.#streams.list(signal);
  }

  describeTopic(name: string, signal?: AbortSignal): Promise<TopicDescription | undefined> {
    return this.#streams.describe(name, signal);
  }

  createTopic(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void> {
    return this.#streams.create(name, settings, signal);
  }

  alterTopic(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void> {
    return this.#streams.alter(name, settings, signal);
  }

  deleteTopic(name: string, signal?: AbortSignal): Promise<void> {
    return this.#streams.delete(name, signal);
  }

  listGroups(topic: string, signal?: AbortSignal): Promise<readonly string[]> {
    return this.#groups.listGroups(topic, signal);
  }

  async listAllGroups(signal?: AbortSignal): Promise<readonly TopicGroup[]> {
    const [streams, groups] = await Promise.all([this.#streams.list(signal), this.#groups.listAllGroups(signal)]);
    const there = new Set(streams);
    return groups.filter(({ topic }) => there.has(topic));
  }

  listMembers(topic: string, group: string, signal?: AbortSignal): Promise<readonly GroupMember[]> {
    return this.#groups.listMembers(topic, group, signal);
  }

  lag(topic: string, group: string, signal?: AbortSignal): Promise<readonly PartitionLag[]> {
    return this.#groups.lag(topic, group, signal);
  }

  wrongPositions(
    topic: string,
    positions: ReadonlyMap<string, Position>,
    signal?: AbortSignal,
  ): Promise<readonly WrongPosition[]> {
    return this.#groups.wrongPositions(topic, positions, signal);
  }

  resetGroup(
    topic: string,
    group: string,
    to: 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#groups.resetGroup(topic, group, to, signal);
  }

  deleteGroup(topic: string, group: string, signal?: AbortSignal): Promise<void> {
    return this.#groups.deleteGroup(topic, group, signal);
  }
}
