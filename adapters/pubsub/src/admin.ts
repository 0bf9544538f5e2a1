import {
  type Admin,
  type GroupMember,
  type PartitionLag,
  StreamError,
  type TopicDescription,
  type TopicGroup,
  type TopicSettings,
  type WrongPosition,
} from '@isostream/core/adapter';
import type { PubSubService, TopicInfo } from './client/service.ts';
import { status, statusOf, toStreamError } from './errors.ts';
import { partition } from './message.ts';
import { changedTopic, describe, newTopic } from './topic-settings.ts';
import { type Names, shortName } from './names.ts';

/** Topics, and subscriptions as groups. */
export class PubSubAdmin implements Admin {
  readonly #service: PubSubService;

  constructor(service: PubSubService) {
    this.#service = service;
  }

  async listTopics(): Promise<readonly string[]> {
    const topics = await this.#call('list topics', () => this.#service.listTopics());
    return topics.map((topic) => shortName(topic.name ?? ''));
  }

  async describeTopic(name: string): Promise<TopicDescription | undefined> {
    try {
      return describe(name, await this.#topic(name));
    } catch (error) {
      if (StreamError.is(error) && error.code === 'unknown-topic') return undefined;
      throw error;
    }
  }

  async createTopic(name: string, settings: TopicSettings): Promise<void> {
    const { topicRetentionMs } = this.#service.settings;
    await this.#call(`topic "${name}"`, async () =>
      this.#service.createTopic(newTopic(await this.#name(name), settings, topicRetentionMs)),
    );
  }

  async alterTopic(name: string, settings: TopicSettings): Promise<void> {
    const { topic, paths } = changedTopic(await this.#topic(name), settings);
    if (paths.includes('labels') && this.#service.isEmulator) {
      const message = `topic "${name}": the emulator cannot change maxEventBytes. Create it anew`;
      throw new StreamError('unsupported', message, { where: 'pubsub' });
    }
    if (paths.length > 0) await this.#call(`topic "${name}"`, () => this.#service.updateTopic(topic, paths));
  }

  /** Its groups go with it: the service would keep their subscriptions, and a topic of this name made later would find them. */
  async deleteTopic(name: string): Promise<void> {
    await this.#call(`topic "${name}"`, async () => {
      const names = await this.#service.names();
      const subscriptions = await this.#service.listSubscriptions(names.topic(name));
      await this.#service.deleteTopic(names.topic(name));
      // Those that others named stay: what they hold is not ours to delete.
      const isNamed = this.#service.settings.subscription.includes('{topic}');
      const ours = subscriptions.filter((each) => isNamed && names.groupOf(each, name) !== undefined);
      await Promise.all(ours.map((subscription) => this.#deleteSubscription(subscription)));
    });
  }

  async listGroups(topic: string): Promise<readonly string[]> {
    // The emulator lists none for a topic that does not exist.
    const { name } = await this.#topic(topic);
    const subscriptions = await this.#call(`topic "${topic}"`, () => this.#service.listSubscriptions(name ?? ''));
    const names = await this.#service.names();
    return subscriptions.flatMap((each) => names.groupOf(each, topic) ?? []).toSorted();
  }

  async listAllGroups(): Promise<readonly TopicGroup[]> {
    const subscriptions = await this.#call('list subscriptions', () => this.#service.listAllSubscriptions());
    const names = await this.#service.names();
    return subscriptions.flatMap(({ name, topic }): TopicGroup[] => {
      // One whose topic is gone names none, and is nobody's group any more.
      const of = shortName(topic ?? '');
      const group = topic === names.topic(of) ? names.groupOf(name ?? '', of) : undefined;
      return group === undefined ? [] : [{ topic: of, group }];
    });
  }

  /** Never asked: the service knows none. */
  async listMembers(): Promise<readonly GroupMember[]> {
    return [];
  }

  /** Without figures: the service gives them to Cloud Monitoring alone. Throws `unknown-topic`. */
  async lag(topic: string, _group: string): Promise<readonly PartitionLag[]> {
    await this.#topic(topic);
    return [{ partition, events: undefined, ms: undefined, committed: undefined, end: undefined }];
  }

  /** Never asked: core knows that there are none. */
  async wrongPositions(): Promise<readonly WrongPosition[]> {
    return [];
  }

  async resetGroup(): Promise<void> {
    throw new StreamError(
      'unsupported',
      'the service does not tell whether a group has members, so moving it could not be refused under them. Use a new group or a replay; or stop the members, then seek the subscription with the tools of the service',
      { where: 'pubsub' },
    );
  }

  /** Members that still run stop with `unknown-topic`: the service cannot name them beforehand. */
  async deleteGroup(topic: string, group: string): Promise<void> {
    await this.#call(`topic "${topic}", group "${group}"`, async () =>
      this.#deleteSubscription((await this.#service.names()).subscription(topic, group)),
    );
  }

  #topic(name: string): Promise<TopicInfo> {
    return this.#call(`topic "${name}"`, async () => this.#service.getTopic(await this.#name(name)));
  }

  async #name(topic: string): Promise<string> {
    const names: Names = await this.#service.names();
    return names.topic(topic);
  }

  async #deleteSubscription(name: string): Promise<void> {
    try {
      await this.#service.deleteSubscription(name);
    } catch (thrown) {
      if (statusOf(thrown) !== status.notFound) throw thrown;
    }
  }

  async #call<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (thrown) {
      throw toStreamError(thrown, what);
    }
  }
}
