import { type Message, Partitioners } from 'kafkajs';
import { messages, typedMessages } from '../load.ts';
import { chunks, sendOutstanding } from '../sending.ts';
import { toCloudEvent } from './cloud-event.ts';
import type { KafkaStage } from './stage.ts';

/** A topic with events to read. */
export interface Backlog {
  readonly topic: string;
  readonly events: number;
}

/** Fills a topic with 300,000 events of 200 bytes; `typed` as CloudEvents. */
export async function createBacklog(stage: KafkaStage, kind: 'raw' | 'typed' = 'raw'): Promise<Backlog> {
  const topic = await stage.createTopic();
  const load: Message[] =
    kind === 'raw' ? messages(300_000 * stage.scale) : typedMessages(300_000 * stage.scale).map(toCloudEvent);
  const producer = stage.raw.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  await sendOutstanding(chunks(load, 5_000), 4, (batch) => producer.send({ topic, messages: batch }));
  await producer.disconnect();
  return { topic, events: load.length };
}
