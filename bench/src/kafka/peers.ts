import { Consumer } from '@platformatic/kafka';
import { Counted } from '../measured.ts';
import { messages } from '../load.ts';
import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { sendOutstanding } from '../sending.ts';
import { rawTopic } from '../topics.ts';
import type { Backlog } from './backlog.ts';
import { consumeCounted } from './consumers.ts';
import { javaConsumeRate, javaSendRate } from './java.ts';
import type { KafkaStage } from './stage.ts';

/** The fastest clients there are: the stream of `@platformatic/kafka`, and the measuring tools of Kafka itself. */
export async function measurePeers(stage: KafkaStage, backlog: Backlog): Promise<Row[]> {
  const load = messages(300_000 * stage.scale);
  const topic = await stage.createTopic();
  await using streams = await stage.streams(rawTopic(topic));
  await using producer = streams.producer(rawTopic(topic));
  const { brokers } = stage;
  const samples = await runRounds(
    [
      async () => ({ stream: await streamRate(stage, backlog) }),
      async () => ({ 'java consume': await javaConsumeRate(brokers, backlog.topic, backlog.events) }),
      async () => ({ consume: await ownRate(stage, backlog) }),
      async () => ({ 'java send': await javaSendRate(brokers, topic, load.length) }),
      async () => ({ send: await sendOutstanding(load, 10_000, (message) => producer.send(message)) }),
    ],
    stage.rounds,
  );
  const unit = 'events/s';
  const consume = { measurement: 'consume', unit, isostream: samples.of('consume') };
  return [
    row({
      ...consume,
      against: '@platformatic/kafka, stream.on("data")',
      reference: samples.of('stream'),
      goal: { atLeast: 1 },
    }),
    row({
      ...consume,
      against: "Java's ConsumerPerformance",
      reference: samples.of('java consume'),
      goal: { atLeast: 0.5 },
    }),
    row({
      measurement: 'send, 10,000 outstanding',
      unit,
      isostream: samples.of('send'),
      against: "Java's ProducerPerformance",
      reference: samples.of('java send'),
      goal: { atLeast: 0.7 },
    }),
  ];
}

function ownRate(stage: KafkaStage, { topic, events }: Backlog): Promise<number> {
  const counted = new Counted(events);
  return consumeCounted(stage, rawTopic(topic), { counted, handle: async () => counted.count() });
}

async function streamRate(stage: KafkaStage, { topic, events }: Backlog): Promise<number> {
  const counted = new Counted(events);
  const consumer = new Consumer({
    clientId: 'bench',
    groupId: stage.groupName(),
    bootstrapBrokers: [...stage.brokers],
    maxWaitTime: 500,
  });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: 1_000 });
  counted.start();
  stream.on('data', () => counted.count());
  stream.once('error', (error: unknown) => counted.ended(error));
  const rate = await counted.rate;
  await stream.close();
  await consumer.close();
  return rate;
}
