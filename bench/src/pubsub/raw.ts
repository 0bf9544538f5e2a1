import { randomBytes } from 'node:crypto';
import { type Message, PubSub, type Topic } from '@google-cloud/pubsub';
import type { PubSubEmulator } from '@isostream/emulators';
import type { RawClient } from '../against-raw/raw-client.ts';
import { sendOutstanding } from '../sending.ts';

const flow = 1_000;

export function rawPubSub({ projectId, host }: PubSubEmulator): RawClient {
  const client = new PubSub({ projectId, apiEndpoint: host, emulatorMode: true });
  const topics = new Map<string, Topic>();
  const topicOf = (name: string, maxMessages: number): Topic => {
    const id = `${name} ${maxMessages}`;
    const topic =
      topics.get(id) ?? client.topic(name, { messageOrdering: true, batching: { maxMessages, maxMilliseconds: 10 } });
    topics.set(id, topic);
    return topic;
  };
  return {
    oneByOne: 'Google’s client, await publishMessage one by one, not batched',
    consumer: `Google’s client, on('message'), ${flow} messages outstanding`,
    sendOne: (topic, { key, value }) => topicOf(topic, 1).publishMessage({ data: value, orderingKey: key }),
    bulk: [
      {
        name: 'Google’s client, its own batching, as many outstanding',
        async send(topic, load, outstanding) {
          const publisher = topicOf(topic, 1_000);
          await sendOutstanding(load, outstanding, ({ key, value }) =>
            publisher.publishMessage({ data: value, orderingKey: key }),
          );
        },
      },
    ],
    async consume(topic, events, handle) {
      const name = `raw-${randomBytes(4).toString('hex')}`;
      // A new subscription has everything that the topic retains: the emulator's way to begin at the start.
      const [subscription] = await client.topic(topic).createSubscription(name, {
        enableMessageOrdering: true,
        flowControl: { maxMessages: flow },
      });
      let left = events;
      await new Promise<void>((resolve, reject) => {
        subscription.on('error', reject);
        subscription.on('message', (message: Message) => {
          message.ack();
          handle();
          if (--left === 0) resolve();
        });
      });
      await subscription.close();
      await subscription.delete();
    },
  };
}
