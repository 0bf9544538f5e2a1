import {
  type Admin,
  type PartitionLag,
  StreamError,
  type TopicDescription,
  type TopicSettings,
} from '@isostream/core/adapter';
import type { PubSubService, TopicInfo } from './service.ts';
import { retentionOf } from './consume/subscription.ts';
import { status, statusOf, toStreamError } from './errors.ts';
import { partition } from './message.ts';
import { groupOf, type Names, shortName } from './names.ts';

/** What the service has no setting for is kept in labels, so that it reads back as it was declared. */
const maxEventBytesLabel = 'isostream-max-event-bytes';

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
    const { retentionMs = this.#service.settings.topicRetentionMs, maxEventBytes } = settings;
    await this.#call(`topic "${name}"`, async () =>
      this.#service.createTopic({
        name: (await this.#service.names()).topic(name),
        messageRetentionDuration: { seconds: Math.ceil(retentionMs / 1_000) },
        labels: maxEventBytes === undefined ? {} : { [maxEventBytesLabel]: String(maxEventBytes) },
      }),
    );
  }

  async alterTopic(name: string, { retentionMs, maxEventBytes }: TopicSettings): Promise<void> {
    const found = await this.#topic(name);
    const paths: string[] = [];
    const topic: TopicInfo = { name: (await this.#service.names()).topic(name) };
    if (retentionMs !== undefined) {
      topic.messageRetentionDuration = { seconds: Math.ceil(retentionMs / 1_000) };
      paths.push('message_retention_duration');
    }
    if (maxEventBytes !== undefined) {
      topic.labels = { ...found.labels, [maxEventBytesLabel]: String(maxEventBytes) };
      paths.push('labels');
    }
    if (paths.length > 0) await this.#call(`topic "${name}"`, () => this.#service.updateTopic(topic, paths));
  }

  /** Its groups go with it: the service would keep their subscriptions, and a topic of this name made later would find them. */
  async deleteTopic(name: string): Promise<void> {
    await this.#call(`topic "${name}"`, async () => {
      const names = await this.#service.names();
      const subscriptions = await this.#service.listSubscriptions(names.topic(name));
      await this.#service.deleteTopic(names.topic(name));
      const ours = subscriptions.filter((subscription) => groupOf(subscription, name) !== undefined);
      await Promise.all(ours.map((subscription) => this.#deleteSubscription(subscription)));
    });
  }

  async listGroups(topic: string): Promise<readonly string[]> {
    const subscriptions = await this.#call(`topic "${topic}"`, async () =>
      this.#service.listSubscriptions((await this.#service.names()).topic(topic)),
    );
    return subscriptions.flatMap((name) => groupOf(name, topic) ?? []).toSorted();
  }

  /** Without figures: the service gives them to Cloud Monitoring alone. Throws `unknown-topic`. */
  async lag(topic: string, _group: string): Promise<readonly PartitionLag[]> {
    await this.#topic(topic);
    return [{ partition, events: undefined, ms: undefined, committed: undefined, end: undefined }];
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

function describe(name: string, topic: TopicInfo): TopicDescription {
  const retentionMs = retentionOf(topic);
  const maxEventBytes = topic.labels?.[maxEventBytesLabel];
  return {
    name,
    partitionNames: [partition],
    compaction: false,
    ...(retentionMs === undefined ? {} : { retentionMs }),
    ...(maxEventBytes === undefined ? {} : { maxEventBytes: Number(maxEventBytes) }),
  };
}
