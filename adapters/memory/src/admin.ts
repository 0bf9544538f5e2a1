import {
  type Admin,
  type GroupMember,
  type PartitionLag,
  type Position,
  StreamError,
  type TopicDescription,
  type TopicGroup,
  type TopicSettings,
  type WrongPosition,
} from '@isostream/core/adapter';
import type { MemoryBroker } from './service/broker.ts';
import { lagOf, startOf } from './service/group.ts';

export class MemoryAdmin implements Admin {
  readonly #broker: MemoryBroker;

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  async listTopics(): Promise<readonly string[]> {
    this.#broker.checkReach();
    return this.#broker.topicNames;
  }

  async describeTopic(name: string): Promise<TopicDescription | undefined> {
    this.#broker.checkReach();
    const topic = this.#broker.find(name);
    if (topic === undefined) return undefined;
    const { partitions, storedTime: _, ...settings } = topic.settings;
    return {
      name,
      ...settings,
      ...(this.#broker.settlement === 'individual' ? {} : { partitions }),
      partitionNames: topic.logs.map((log) => log.name),
    };
  }

  async createTopic(name: string, settings: TopicSettings): Promise<void> {
    this.#broker.checkReach();
    this.#broker.create(name, settings);
  }

  async alterTopic(name: string, settings: TopicSettings): Promise<void> {
    this.#broker.checkReach();
    this.#broker.topic(name).alter(settings);
  }

  async deleteTopic(name: string): Promise<void> {
    this.#broker.checkReach();
    this.#broker.delete(name);
  }

  async listGroups(topic: string): Promise<readonly string[]> {
    this.#broker.checkReach();
    return this.#broker.topic(topic).groupNames;
  }

  async listAllGroups(): Promise<readonly TopicGroup[]> {
    this.#broker.checkReach();
    return this.#broker.topicNames.flatMap((topic) =>
      this.#broker.topic(topic).groupNames.map((group) => ({ topic, group })),
    );
  }

  async listMembers(topic: string, name: string): Promise<readonly GroupMember[]> {
    this.#broker.checkReach();
    const group = this.#broker.topic(topic).findGroup(name);
    return (group?.everyMember ?? []).map((member) => ({
      id: member.id,
      clientId: member.clientId,
      host: undefined,
      partitions: group?.heldBy(member) ?? [],
    }));
  }

  async lag(topic: string, name: string): Promise<readonly PartitionLag[]> {
    this.#broker.checkReach();
    const found = this.#broker.topic(topic);
    const { logs } = found;
    const now = this.#broker.clock.now();
    // Asking makes no group.
    return found.findGroup(name)?.lag(logs, now) ?? lagOf(logs, now, () => undefined);
  }

  async deleteGroup(topic: string, name: string): Promise<void> {
    this.#broker.checkReach();
    const found = this.#broker.topic(topic);
    if (found.findGroup(name)?.isEmpty === false)
      throw new StreamError('conflict', `group "${name}" has members. Stop them, then delete it`, { where: 'memory' });
    found.deleteGroup(name);
  }

  async wrongPositions(topic: string, positions: ReadonlyMap<string, Position>): Promise<readonly WrongPosition[]> {
    const logs = new Map(this.#broker.topic(topic).logs.map((log) => [log.name, log]));
    return [...positions].flatMap(([partition, position]): WrongPosition[] => {
      const log = logs.get(partition);
      if (log === undefined) return [{ partition, problem: 'no-partition' }];
      if (!/^\d{1,15}$/.test(position)) return [{ partition, problem: 'no-position' }];
      return Number(position) > log.end ? [{ partition, problem: 'beyond-end' }] : [];
    });
  }

  async resetGroup(
    topic: string,
    name: string,
    to: 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>,
  ): Promise<void> {
    this.#broker.checkReach();
    const found = this.#broker.topic(topic);
    const group = found.group(name);
    if (!group.isEmpty)
      throw new StreamError('conflict', `group "${name}" has members. Stop them, then reset it`, { where: 'memory' });
    for (const log of found.logs) {
      if (typeof to === 'string' || to instanceof Date) group.setPosition(log.name, startOf(log, to));
      else if (to.has(log.name)) group.setPosition(log.name, Number(to.get(log.name)));
    }
  }
}
