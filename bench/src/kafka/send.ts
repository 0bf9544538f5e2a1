import { Partitioners, type Producer, type Message as RawMessage } from 'kafkajs';
import { withCpu } from '../cpu.ts';
import { messages, type Message, typedMessages } from '../load.ts';
import { toCloudEvent } from './cloud-event.ts';
import { runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { chunks, perSecond, sendAtOnce, sendOutstanding } from '../sending.ts';
import { rawTopic, typedTopic } from '../topics.ts';
import type { KafkaStage } from './stage.ts';

const batchSize = 5_000;
const batchesInFlight = 4;

/** `send` of single events, against what a careful user of the raw client does by hand and what everybody writes first. */
export async function measureSend(stage: KafkaStage): Promise<Row[]> {
  const load = messages(100_000 * stage.scale);
  const few = load.slice(0, 2_000 * stage.scale);
  const typedLoad = typedMessages(load.length);
  const topic = await stage.createTopic();
  const typed = await stage.createTopic();
  await using streams = await stage.streams(rawTopic(topic));
  await using typedStreams = await stage.streams(typedTopic(typed));
  await using producer = streams.producer(rawTopic(topic));
  await using typedProducer = typedStreams.producer(typedTopic(typed));
  const raw = stage.raw.producer({ allowAutoTopicCreation: false, createPartitioner: Partitioners.DefaultPartitioner });
  await raw.connect();
  const send = (message: Message): Promise<unknown> => producer.send(message);
  const samples = await runRounds(
    [
      () => withCpu('batches', load.length, () => rawBatches(raw, topic, load, (message) => message)),
      async () => ({ naive: await sendOutstanding(few, 1, (message) => raw.send({ topic, messages: [message] })) }),
      () => withCpu('window 1000', load.length, () => sendOutstanding(load, 1_000, send)),
      () => withCpu('window 10000', load.length, () => sendOutstanding(load, 10_000, send)),
      async () => ({ 'all at once': await sendAtOnce(load, send) }),
      () => withCpu('typed batches', load.length, () => rawBatches(raw, typed, typedLoad, toCloudEvent)),
      () =>
        withCpu('typed', load.length, () => sendOutstanding(typedLoad, 10_000, (event) => typedProducer.send(event))),
    ],
    stage.rounds,
  );
  await raw.disconnect();
  const unit = 'events/s';
  const byHand = {
    against: `kafkajs, batches of ${batchSize}, ${batchesInFlight} in flight`,
    reference: samples.of('batches'),
  };
  const cpu = (what: string, name: string, reference: string): Row =>
    row({
      measurement: `CPU: send ${what}`,
      unit: 'µs/event',
      isostream: samples.of(`${name} cpu`),
      against: byHand.against,
      reference: samples.of(`${reference} cpu`),
    });
  const naive = { against: 'kafkajs, await send() one by one', reference: samples.of('naive') };
  return [
    row({
      measurement: 'send, 1,000 outstanding',
      unit,
      isostream: samples.of('window 1000'),
      ...byHand,
      goal: { atLeast: 1 },
    }),
    row({
      measurement: 'send, 10,000 outstanding',
      unit,
      isostream: samples.of('window 10000'),
      ...byHand,
      goal: { atLeast: 1 },
    }),
    row({
      measurement: 'send, all at once',
      unit,
      isostream: samples.of('all at once'),
      ...byHand,
      goal: { atLeast: 0.9 },
    }),
    row({
      measurement: 'send, 1,000 outstanding',
      unit,
      isostream: samples.of('window 1000'),
      ...naive,
      goal: { atLeast: 20 },
    }),
    row({
      measurement: 'send typed events, 10,000 outstanding',
      unit,
      isostream: samples.of('typed'),
      against: `${byHand.against}, same headers`,
      reference: samples.of('typed batches'),
    }),
    cpu('1,000 outstanding', 'window 1000', 'batches'),
    cpu('10,000 outstanding', 'window 10000', 'batches'),
    cpu('typed events, 10,000 outstanding', 'typed', 'typed batches'),
  ];
}

/** The fastest that the raw client was seen to do: large batches, a few of them in flight. */
async function rawBatches<Input>(
  producer: Producer,
  topic: string,
  load: readonly Input[],
  toMessage: (input: Input) => RawMessage,
): Promise<number> {
  const batches = chunks(load, batchSize);
  const start = performance.now();
  await sendOutstanding(batches, batchesInFlight, (batch) => producer.send({ topic, messages: batch.map(toMessage) }));
  return perSecond(load.length, start);
}
