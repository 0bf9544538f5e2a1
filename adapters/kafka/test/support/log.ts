import kafkajs, { type KafkaMessage } from 'kafkajs';

/** One record as it lies in the log, read by kafkajs's own consumer. */
export interface LogRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | undefined;
  readonly text: string | undefined;
  /** Of the batch that it was written in. */
  readonly producerId: string;
}

export function kafkajsClient(brokers: readonly string[]): kafkajs.Kafka {
  return new kafkajs.Kafka({ clientId: 'observer', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
}

/** The whole topic as another client sees it, partition by partition in stored order. */
export async function readLog(brokers: readonly string[], topic: string): Promise<LogRecord[]> {
  const kafka = kafkajsClient(brokers);
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]));
  await admin.disconnect();
  const records: LogRecord[] = [];
  const open = new Set([...ends].flatMap(([partition, end]) => (end > 0n ? [partition] : [])));
  if (open.size === 0) return records;
  const consumer = kafka.consumer({ groupId: `observer-${process.pid}-${performance.now()}`, retry: { retries: 20 } });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      // It comes back by itself from what passes, such as a coordinator that is loading.
      consumer.on('consumer.crash', ({ payload: { error, restart } }) => {
        if (!restart) reject(error);
      });
      consumer
        .run({
          eachBatch: async ({ batch }) => {
            for (const message of batch.messages) records.push(toRecord(batch.partition, message));
            if (BigInt(batch.lastOffset()) + 1n >= (ends.get(batch.partition) ?? 0n)) open.delete(batch.partition);
            if (open.size === 0) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return records.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}

function toRecord(partition: number, message: KafkaMessage): LogRecord {
  // Present on every message that came in a record batch, absent from kafkajs's types.
  const context: unknown = Reflect.get(message, 'batchContext');
  const producerId: unknown =
    typeof context === 'object' && context !== null ? Reflect.get(context, 'producerId') : undefined;
  return {
    partition,
    offset: BigInt(message.offset),
    key: message.key?.toString(),
    text: message.value?.toString(),
    producerId: String(producerId),
  };
}
