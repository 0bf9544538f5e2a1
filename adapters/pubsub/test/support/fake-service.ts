import { resolveOptions } from '../../src/options.ts';
import type { PubsubMessage, ReceivedMessage } from '../../src/message.ts';
import { Names } from '../../src/names.ts';
import type { PubSubService, SubscriptionInfo, TopicInfo } from '../../src/client/service.ts';

/** An error as Google's client throws it. */
export function grpcError(code: number, message = `status ${code}`): Error {
  return Object.assign(new Error(`${code} ${message}`), { code, details: message });
}

export interface Call {
  readonly name: string;
  readonly ids?: readonly string[];
  readonly seconds?: number;
  readonly time?: number;
}

/** Pub/Sub itself as far as a test needs it, without the habits of the emulator: new subscriptions are empty, labels can change. */
export class FakeService implements PubSubService {
  readonly settings = resolveOptions({ projectId: 'project', sessionTimeout: '10s', pullWait: 100 }, {});
  readonly isEmulator: boolean;
  readonly topics = new Map<string, TopicInfo>();
  readonly subscriptions = new Map<string, SubscriptionInfo>();
  readonly calls: Call[] = [];
  /** What the next pulls answer; the last one again and again. */
  pulls: (() => Promise<readonly ReceivedMessage[]>)[] = [async () => []];
  /** Called before each request; throws for one that fails. */
  before: (call: Call) => void | Promise<void> = () => undefined;

  constructor(options: { readonly isEmulator?: boolean } = {}) {
    this.isEmulator = options.isEmulator ?? false;
  }

  named(name: string): readonly Call[] {
    return this.calls.filter((call) => call.name === name);
  }

  async names(): Promise<Names> {
    return new Names('project');
  }

  async now(): Promise<number> {
    return Date.now();
  }

  async publish(_topic: string, messages: PubsubMessage[]): Promise<readonly string[]> {
    await this.#did({ name: 'publish', ids: messages.map(({ orderingKey }) => orderingKey ?? '') });
    return messages.map((_, index) => String(index));
  }

  async pull(): Promise<readonly ReceivedMessage[]> {
    await this.#did({ name: 'pull' });
    const [next] = this.pulls;
    if (this.pulls.length > 1) this.pulls.shift();
    // A pull that finds nothing waits.
    await new Promise((resolve) => setTimeout(resolve, 1));
    return (await next?.()) ?? [];
  }

  pullNow(): Promise<readonly ReceivedMessage[]> {
    return this.pull();
  }

  async acknowledge(_subscription: string, ids: string[]): Promise<void> {
    await this.#did({ name: 'acknowledge', ids });
  }

  async modifyAckDeadline(_subscription: string, ids: string[], seconds: number): Promise<void> {
    await this.#did({ name: 'modifyAckDeadline', ids, seconds });
  }

  async createTopic(topic: TopicInfo): Promise<void> {
    this.topics.set(topic.name ?? '', topic);
  }

  async updateTopic(): Promise<void> {}

  async getTopic(topic: string): Promise<TopicInfo> {
    await this.#did({ name: 'getTopic' });
    return found(this.topics.get(topic));
  }

  async deleteTopic(): Promise<void> {}

  async listTopics(): Promise<readonly TopicInfo[]> {
    return [...this.topics.values()];
  }

  async listSubscriptions(): Promise<readonly string[]> {
    return [...this.subscriptions.keys()];
  }

  async listAllSubscriptions(): Promise<readonly SubscriptionInfo[]> {
    return [...this.subscriptions.values()];
  }

  async createSubscription(subscription: SubscriptionInfo): Promise<SubscriptionInfo> {
    await this.#did({ name: 'createSubscription' });
    const name = subscription.name ?? '';
    if (this.subscriptions.has(name)) throw grpcError(6);
    this.subscriptions.set(name, subscription);
    return subscription;
  }

  async getSubscription(subscription: string): Promise<SubscriptionInfo> {
    await this.#did({ name: 'getSubscription' });
    return found(this.subscriptions.get(subscription));
  }

  async updateSubscription(subscription: SubscriptionInfo, paths: string[]): Promise<void> {
    await this.#did({ name: 'updateSubscription', ids: paths });
    const name = subscription.name ?? '';
    this.subscriptions.set(name, { ...this.subscriptions.get(name), ...subscription });
  }

  async deleteSubscription(subscription: string): Promise<void> {
    await this.#did({ name: 'deleteSubscription' });
    this.subscriptions.delete(subscription);
  }

  async seek(_subscription: string, time: number): Promise<void> {
    await this.#did({ name: 'seek', time });
  }

  async #did(call: Call): Promise<void> {
    await this.before(call);
    this.calls.push(call);
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw grpcError(5);
  return value;
}

/** A message as it is pulled: `id` names the message, `ackId` its delivery. */
export function received(
  id: string,
  options: { readonly ackId?: string; readonly publishedAt?: number; readonly data?: Buffer } = {},
): ReceivedMessage {
  const { ackId = `ack-${id}`, publishedAt = Date.now(), data = Buffer.from(id) } = options;
  return {
    ackId,
    message: {
      messageId: id,
      data,
      orderingKey: 'k',
      attributes: {},
      publishTime: { seconds: Math.floor(publishedAt / 1_000), nanos: (publishedAt % 1_000) * 1e6 },
    },
  };
}
