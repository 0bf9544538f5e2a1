import { type Message, PubSub, SubscriptionCloseBehaviors, Duration } from '@google-cloud/pubsub';
import type { Client, Consumption, Service, Subject, Subscription } from '../subject.ts';
import { decoded, encoded } from './message.ts';
import { text } from './settings.ts';

/** What the service takes at least, and what isostream has in the suite. */
const ackDeadlineSeconds = 10;

export const googlePubSub: Subject = {
  name: 'google-pubsub',
  service: 'pubsub',
  package: '@google-cloud/pubsub',
  settings: [
    'topic with `messageOrdering: true`, `orderingKey` for each message, `resumePublishing(key)` after a failed publish, `batching: { maxMilliseconds: 5 }`',
    "subscription with `enableMessageOrdering: true`, 10 s ack deadline; `subscription.on('message')`, `message.ack()` after the handler, `message.nack()` if it failed, `flowControl: { maxMessages: 100 }`",
    '`subscription.close()` with `WaitForProcessing`, 10 s',
  ],
  notPromised: [
    'waiting for an asynchronous handler: messages of a key are handed out in order, and the next one before the handler of the one in front of it is done',
    'delivery without repeats, but with exactly-once delivery, which the emulator does not have',
    'a pause',
  ],
  hasNoPause: true,
  async prepare(service, topic, group) {
    const client = clientOf(service);
    await client
      .topic(topic)
      .createSubscription(subscriptionOf(topic, group), { enableMessageOrdering: true, ackDeadlineSeconds });
    await client.close();
  },
  async clearUp(service, topic, group) {
    const client = clientOf(service);
    await client.subscription(subscriptionOf(topic, group)).delete();
    await client.close();
  },
  async open(service): Promise<Client> {
    const client = clientOf(service);
    const topics = new Map<string, ReturnType<PubSub['topic']>>();
    return {
      async send(name, message) {
        const topic =
          topics.get(name) ?? client.topic(name, { messageOrdering: true, batching: { maxMilliseconds: 5 } });
        topics.set(name, topic);
        try {
          await topic.publishMessage({ data: Buffer.from(encoded(message)), orderingKey: message.key });
        } catch (error) {
          topic.resumePublishing(message.key);
          throw error;
        }
      },
      consume: (subscription) => consume(client, subscription),
      close: () => client.close(),
    };
  },
};

async function consume(client: PubSub, { topic, group, handle, ready, failed }: Subscription): Promise<Consumption> {
  const subscription = client.subscription(subscriptionOf(topic, group), {
    flowControl: { maxMessages: 100 },
    closeOptions: { behavior: SubscriptionCloseBehaviors.WaitForProcessing, timeout: Duration.from({ seconds: 10 }) },
  });
  subscription.on('message', (message: Message) => {
    handle({ message: decoded(message.data), partition: '0', position: message.id }).then(
      () => message.ack(),
      () => message.nack(),
    );
  });
  subscription.on('error', failed);
  ready();
  return { close: () => subscription.close() };
}

function clientOf({ settings }: Service): PubSub {
  return new PubSub({
    projectId: text(settings, 'projectId'),
    apiEndpoint: text(settings, 'emulatorHost'),
    emulatorMode: true,
  });
}

function subscriptionOf(topic: string, group: string): string {
  return `${topic}.${group}`;
}
