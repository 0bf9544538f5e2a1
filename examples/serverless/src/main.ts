// Writes two orders as a service on Kinesis does, and gives their bytes to the function as Lambda would.
import { createStreams, defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { onKinesis } from './kinesis.ts';
import { orders } from './topics.ts';

// Without headers, as on Kinesis: events are structured JSON.
const adapter = createMemory({ headers: 'none' });
await using streams = await createStreams({ adapter, topics: [orders] });
const producer = streams.producer(orders);
await producer.send({ type: 'order.placed', data: { id: 'o-1', total: 9 } });
await producer.send({ type: 'order.placed', data: { id: 'o-2', total: 5 } });

const records: {
  eventID: string;
  kinesis: Record<'data' | 'sequenceNumber', string> & { approximateArrivalTimestamp: number };
}[] = [];
const bytes = defineTopic(orders.name, { raw: true });
await streams.replay(bytes, { from: 'earliest', concurrency: 1 }).run(({ value, time }, { partition, position }) => {
  const data = Buffer.from(value ?? []).toString('base64');
  const kinesis = { data, sequenceNumber: position, approximateArrivalTimestamp: time.getTime() / 1_000 };
  records.push({ eventID: `${partition}:${position}`, kinesis });
});
const handler = onKinesis(
  ({ key, data }) => console.log(`billed ${key}: ${data.total}`),
  (_, error) => console.error(error.message),
);
console.log(await handler({ Records: records }));
