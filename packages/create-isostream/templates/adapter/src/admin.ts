import {
  type Admin,
  type GroupMember,
  type PartitionLag,
  type Position,
  type TopicDescription,
  type TopicGroup,
  type TopicSettings,
  type WrongPosition,
} from '@isostream/core/adapter';
import { membersOf, placeGroup } from '@isostream/coordination';
import { randomUUID } from 'node:crypto';
import { asked } from './errors.js';
import { ExampleLeases, groupsOf } from './leases.js';
import type { Service } from './service.js';
import { partitionsOf, startOf, topicOf } from './source.js';

type Target = 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>;

/** Topics, and groups as their leases show them. */
export class ExampleAdmin implements Admin {
  readonly #service: Service;
  readonly #sessionTimeoutMs: number;

  constructor(service: Service, sessionTimeoutMs: number) {
    this.#service = service;
    this.#sessionTimeoutMs = sessionTimeoutMs;
  }

  listTopics(): Promise<readonly string[]> {
    return asked('topics', () => this.#service.topics());
  }

  async describeTopic(name: string): Promise<TopicDescription | undefined> {
    const topic = await asked(name, () => this.#service.findTopic(name));
    if (topic === undefined) return undefined;
    const { maxEventBytes } = topic.attributes;
    return {
      name,
      partitions: topic.partitions,
      partitionNames: partitionsOf(topic),
      retentionMs: Infinity,
      ...(maxEventBytes === undefined ? {} : { maxEventBytes }),
    };
  }

  createTopic(name: string, { partitions = 8, maxEventBytes }: TopicSettings): Promise<void> {
    const attributes = maxEventBytes === undefined ? {} : { maxEventBytes };
    return asked(`topic "${name}"`, () => this.#service.createTopic(name, partitions, attributes));
  }

  async alterTopic(name: string, { maxEventBytes }: TopicSettings): Promise<void> {
    if (maxEventBytes !== undefined)
      await asked(`topic "${name}"`, () => this.#service.setAttributes(name, { maxEventBytes }));
  }

  /** Its groups go with it: their leases are of nothing any more. */
  async deleteTopic(name: string): Promise<void> {
    const topic = await topicOf(this.#service, name);
    await asked(`topic "${name}"`, () => this.#service.deleteTopic(name));
    for (const group of await groupsOf(this.#service, topic.id)) await this.#forget(topic.id, group);
  }

  async listGroups(topic: string): Promise<readonly string[]> {
    return groupsOf(this.#service, (await topicOf(this.#service, topic)).id);
  }

  async listAllGroups(): Promise<readonly TopicGroup[]> {
    const topics = await this.listTopics();
    const found = topics.map(async (topic) => (await this.listGroups(topic)).map((group) => ({ topic, group })));
    return (await Promise.all(found)).flat();
  }

  async listMembers(topic: string, group: string): Promise<readonly GroupMember[]> {
    return membersOf(await (await this.#leases(topic, group)).list());
  }

  async lag(name: string, group: string): Promise<readonly PartitionLag[]> {
    const topic = await topicOf(this.#service, name);
    const leases = new Map(
      (await new ExampleLeases(this.#service, topic.id, group).list()).map((lease) => [lease.partition, lease]),
    );
    return Promise.all(
      partitionsOf(topic).map(async (partition) => {
        const committed = leases.get(partition)?.position;
        const from = Number(committed ?? 0);
        const { start, records } = await this.#service.fetch(topic.id, Number(partition), from, 1);
        const end = await this.#service.end(topic.id, Number(partition));
        const [oldest] = records;
        return {
          partition,
          events: end - Math.max(start, from),
          ms: oldest === undefined ? 0 : Math.max(0, Date.now() - oldest.storedMs),
          committed,
          end: String(end),
        };
      }),
    );
  }

  async wrongPositions(name: string, positions: ReadonlyMap<string, Position>): Promise<readonly WrongPosition[]> {
    const topic = await topicOf(this.#service, name);
    const names = new Set(partitionsOf(topic));
    const found = [...positions].map(async ([partition, position]): Promise<readonly WrongPosition[]> => {
      if (!names.has(partition)) return [{ partition, problem: 'no-partition' }];
      if (!/^\d{1,15}$/.test(position)) return [{ partition, problem: 'no-position' }];
      const end = await this.#service.end(topic.id, Number(partition));
      return Number(position) > end ? [{ partition, problem: 'beyond-end' }] : [];
    });
    return (await Promise.all(found)).flat();
  }

  async resetGroup(name: string, group: string, to: Target, signal?: AbortSignal): Promise<void> {
    const topic = await topicOf(this.#service, name);
    const placements = await Promise.all(
      partitionsOf(topic).map(async (partition) => {
        const position =
          typeof to === 'string' || to instanceof Date
            ? String(await startOf(this.#service, topic, partition, to))
            : to.get(partition);
        return position === undefined ? [] : [{ partition, position }];
      }),
    );
    await this.#place(name, group, placements.flat(), signal);
  }

  async deleteGroup(name: string, group: string, signal?: AbortSignal): Promise<void> {
    // Nothing moves, but it goes through only without members.
    await this.#place(name, group, [], signal);
    await this.#forget((await topicOf(this.#service, name)).id, group);
  }

  async #place(
    name: string,
    group: string,
    placements: Parameters<typeof placeGroup>[1],
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    const options = {
      store: await this.#leases(name, group),
      member: `admin/${randomUUID()}`,
      where: 'example',
      what: `topic "${name}", group "${group}"`,
      sessionTimeout: this.#sessionTimeoutMs,
    };
    await placeGroup(options, placements, signal);
  }

  async #leases(name: string, group: string): Promise<ExampleLeases> {
    return new ExampleLeases(this.#service, (await topicOf(this.#service, name)).id, group);
  }

  async #forget(topic: string, group: string): Promise<void> {
    const leases = new ExampleLeases(this.#service, topic, group);
    for (const { partition, counter } of await leases.list()) await leases.delete(partition, counter);
  }
}
