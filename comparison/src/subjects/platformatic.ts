import {
  Consumer,
  type Message as Stored,
  type MessagesStream,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import type { Client, Consumption, Subject, Subscription } from '../subject.ts';
import { decoded, encoded } from './message.ts';
import { texts } from './settings.ts';

const sessionTimeoutMs = 6_000;

const base = { retries: 30, retryDelay: 250, connectTimeout: 5_000 };

type Source = MessagesStream<string, string, string, string>;

export const platformatic: Subject = {
  name: 'platformatic-kafka',
  service: 'kafka',
  package: '@platformatic/kafka',
  settings: [
    'producer: `acks: ProduceAcks.ALL`, `idempotent: true`, 30 retries, one `send` at a time: the sequence number of a partition is counted when a send is answered, so that concurrent sends have the same one, and the broker takes the second for a repetition',
    '`for await (const message of stream)`, `autocommit: false` and `await message.commit()` after the handler, `mode: committed` with fallback `earliest`, session 6 s, heartbeat 0.5 s, 30 retries',
    'after an error of the handler or of the stream, the stream is closed and consumed again from what is committed',
  ],
  notPromised: [
    'a hand-over without repeats: what was fetched before a rebalance is still handed out',
    'retries by event, dead letters, or keys that go on while another fails',
    'a pause under `for await`',
  ],
  hasNoPause: true,
  sendsOneByOne: true,
  async open({ settings }, clientId): Promise<Client> {
    const bootstrapBrokers = texts(settings, 'brokers');
    let producer: Producer<string, string, string, string> | undefined;
    return {
      async send(topic, message) {
        producer ??= new Producer({
          clientId,
          bootstrapBrokers,
          ...base,
          acks: ProduceAcks.ALL,
          idempotent: true,
          serializers: stringSerializers,
        });
        await producer.send({ messages: [{ topic, key: message.key, value: encoded(message) }] });
      },
      consume: (subscription) => consume(bootstrapBrokers, clientId, subscription),
      async close() {
        await producer?.close();
      },
    };
  },
};

async function consume(
  bootstrapBrokers: string[],
  clientId: string,
  { topic, group, handle, ready, failed }: Subscription,
): Promise<Consumption> {
  const consumer = new Consumer({
    clientId,
    groupId: group,
    bootstrapBrokers,
    ...base,
    deserializers: stringDeserializers,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: 500,
    maxWaitTime: 500,
    autocommit: false,
  });
  let isClosed = false;
  const open = (): Promise<Source> =>
    consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' });
  let stream = await open();
  ready();
  const handled = async (message: Stored<string, string, string, string>): Promise<void> => {
    const { partition, offset, value } = message;
    await handle({ message: decoded(value), partition: String(partition), position: String(offset) });
    await message.commit();
  };
  const running = (async () => {
    while (!isClosed) {
      try {
        for await (const message of stream) {
          if (isClosed) break;
          await handled(message);
        }
      } catch {
        // Consumed again from what is committed.
      }
      if (isClosed) return;
      await stream.close().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      stream = await open();
    }
  })();
  running.catch(failed);
  return {
    async close() {
      isClosed = true;
      await stream.close();
      await running;
      await consumer.close();
    },
  };
}
