import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { Client, Consumption, Subject, Subscription } from '../subject.ts';
import { decoded, encoded } from './message.ts';
import { texts } from './settings.ts';

const sessionTimeoutMs = 6_000;

/** Long enough for a broker that dies and comes back. */
const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 30 };

export const kafkajs: Subject = {
  name: 'kafkajs',
  service: 'kafka',
  package: 'kafkajs',
  settings: [
    'producer: `acks: -1`, `idempotent: true`, `maxInFlightRequests: 1`, 30 retries',
    '`consumer.run({ eachMessage, partitionsConsumedConcurrently: 4, autoCommitThreshold: 1 })`, `fromBeginning: true`, session 6 s, heartbeat 0.5 s, 30 retries, `restartOnFailure`',
  ],
  notPromised: [
    'a hand-over without repeats: partitions are given up eagerly, and what was handled and not committed comes again',
    'retries by event, dead letters, or keys that go on while another fails: a failing handler holds its partition back',
  ],
  async open({ settings }, clientId): Promise<Client> {
    const kafka = new Kafka({ clientId, brokers: texts(settings, 'brokers'), logLevel: logLevel.NOTHING, retry });
    let producer: ReturnType<Kafka['producer']> | undefined;
    const connecting = async () => {
      const made = kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        createPartitioner: Partitioners.DefaultPartitioner,
        retry,
      });
      await made.connect();
      return made;
    };
    let connected: ReturnType<typeof connecting> | undefined;
    return {
      async send(topic, message) {
        connected ??= connecting();
        producer = await connected;
        await producer.send({ topic, acks: -1, messages: [{ key: message.key, value: encoded(message) }] });
      },
      consume: (subscription) => consume(kafka, subscription),
      async close() {
        await producer?.disconnect();
      },
    };
  },
};

async function consume(kafka: Kafka, { topic, group, handle, ready, failed }: Subscription): Promise<Consumption> {
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 500,
    retry: { ...retry, restartOnFailure: async () => true },
  });
  consumer.on(consumer.events.GROUP_JOIN, ready);
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) failed(error);
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    autoCommitThreshold: 1,
    eachMessage: ({ partition, message: { offset, value } }) =>
      handle({ message: decoded(value ?? ''), partition: String(partition), position: offset }),
  });
  return {
    pause: async () => consumer.pause([{ topic }]),
    resume: async () => consumer.resume([{ topic }]),
    close: () => consumer.disconnect(),
  };
}
