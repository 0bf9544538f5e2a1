import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ConsumerOptions, Topic } from '@isostream/core';
import type { Kafka } from 'kafkajs';
import type { Counted } from '../measured.ts';
import type { KafkaStage } from './stage.ts';

/** One member of a fresh group of isostream that handles events until `counted` has seen enough. */
export async function consumeCounted<Output>(
  stage: KafkaStage,
  topic: Topic<unknown, Output>,
  {
    counted,
    handle,
    ...options
  }: { readonly counted: Counted; readonly handle: (event: Output) => unknown } & Omit<ConsumerOptions, 'group'>,
): Promise<number> {
  const assigned = (): void => counted.start();
  await using streams = await stage.streams(topic);
  await using consumer = streams.consumer(topic, { group: stage.groupName(), onFailure: 'stop', ...options });
  subscribe('isostream:consume:assigned', assigned);
  try {
    const running = consumer.run(handle).then(
      () => counted.ended(undefined),
      (error: unknown) => counted.ended(error),
    );
    const rate = await counted.rate;
    await consumer.close();
    await running;
    return rate;
  } finally {
    unsubscribe('isostream:consume:assigned', assigned);
  }
}

export interface RawHandler {
  readonly topic: string;
  readonly group: string;
  readonly partitionsAtOnce: number;
  readonly joined?: () => void;
  readonly handle: (value: Buffer | null) => Promise<void>;
}

/** The raw client's consumer with its defaults. */
export async function startRawConsumer(
  raw: Kafka,
  { topic, group, partitionsAtOnce, joined, handle }: RawHandler,
): Promise<{ stop(): Promise<void> }> {
  const consumer = raw.consumer({ groupId: group, allowAutoTopicCreation: false });
  if (joined !== undefined) consumer.on(consumer.events.GROUP_JOIN, joined);
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: partitionsAtOnce,
    eachMessage: ({ message }) => handle(message.value),
  });
  return { stop: () => consumer.disconnect() };
}

/** As {@link consumeCounted}, with the raw client. */
export async function consumeCountedRaw(
  stage: KafkaStage,
  topic: string,
  { counted, ...handler }: { readonly counted: Counted } & Pick<RawHandler, 'partitionsAtOnce' | 'handle'>,
): Promise<number> {
  const consumer = await startRawConsumer(stage.raw, {
    ...handler,
    topic,
    group: stage.groupName(),
    joined: () => counted.start(),
  });
  const rate = await counted.rate;
  await consumer.stop();
  return rate;
}
