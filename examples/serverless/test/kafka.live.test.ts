import kafkajs, { type KafkaMessage } from 'kafkajs';
import { expect, it } from 'vitest';
import { onKafka } from '../src/kafka.ts';
import { orders } from '../src/topics.ts';
import { seen, stored, wanted } from './support.ts';

/** The topic as kafkajs reads it. */
async function messagesAt(url: string): Promise<readonly KafkaMessage[]> {
  const client = new kafkajs.Kafka({ brokers: [new URL(url).host], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = client.consumer({ groupId: 'functions' });
  await consumer.connect();
  await consumer.subscribe({ topic: orders.name, fromBeginning: true });
  const messages: KafkaMessage[] = [];
  await new Promise<void>((resolve, reject) => {
    const eachMessage = ({ message }: { readonly message: KafkaMessage }): Promise<void> => {
      if (messages.push(message) === 3) resolve();
      return Promise.resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return messages;
}

it('a function on Kafka handles what isostream wrote there', async () => {
  const messages = await stored('kafka', (_, url) => messagesAt(url));
  const { billed, refused, handle, refuse } = seen();
  const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null;
  const records = messages.map(({ key, value, offset, timestamp, headers = {} }) => ({
    ...{ partition: 0, offset: Number(offset), timestamp: Number(timestamp), key: base64(key), value: base64(value) },
    headers: Object.entries(headers).map(([name, header]) => ({ [name]: [...Buffer.from(String(header))] })),
  }));
  await onKafka(handle, refuse)({ records: { 'orders-0': records } });
  expect({ billed: billed.toSorted(), refused }).toEqual({ billed: wanted, refused: [] });
});
