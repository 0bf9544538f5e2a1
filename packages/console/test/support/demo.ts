import { createStreams, defineTopic, NonRetryableError, type Streams } from '@isostream/core';
import { createMemory, createMemoryBroker, type MemoryBroker } from '@isostream/memory';

const anything = { '~standard': { version: 1 as const, vendor: 'demo', validate: (value: unknown) => ({ value }) } };

export const orders = defineTopic('orders', {
  events: { 'order.placed': anything, 'order.shipped': anything },
  key: null,
  partitions: 3,
});
export const payments = defineTopic('payments', { raw: true, partitions: 1 });

/** A service with a group that works, one that is stopped, one that hangs, and dead letters of two reasons. */
export interface Demo {
  readonly streams: Streams;
  readonly broker: MemoryBroker;
  close(): Promise<void>;
}

/** What a hostile sender writes wherever it can. */
const hostile = `<img src=x onerror="document.title='owned'">\u202e"'`;
/** One more key than a row of a list has room for. */
export const longKey = `long-${'k'.repeat(4_000)}`;

export async function startDemo(letters = 12): Promise<Demo> {
  const broker = createMemoryBroker();
  const streams = await createStreams({ adapter: createMemory({ broker }), topics: [orders, payments] });
  const producer = streams.producer(orders);
  for (let n = 0; n < letters; n++)
    await producer.send({
      type: n % 3 === 0 ? 'order.shipped' : 'order.placed',
      data: { orderId: `o-${n}`, total: n * 9, long: 1 },
    });
  await streams.producer(payments).sendBatch([
    { key: 'p-1', value: Buffer.from('{"id":12345678901234567890,"amount":7}'), headers: [['trace', 'abc']] },
    {
      key: hostile,
      value: Buffer.from(JSON.stringify({ text: hostile })),
      headers: [[`h${hostile.replace('\u202e', '')}`, hostile]],
    },
  ]);
  await streams.producer(payments).send({ key: longKey, value: Buffer.from('{}') });
  const billing = streams.consumer(orders, { group: 'billing', clientId: 'billing-1', concurrency: 1 });
  let seen = 0;
  await billing.run((event) => {
    if (++seen === letters) void billing.close();
    const [code, text] =
      event.type === 'order.placed' ? ['card-declined', `card was declined ${hostile}`] : ['no-carrier', 'no carrier'];
    throw new NonRetryableError(text, { cause: Object.assign(new Error(text), { code }) });
  });
  await producer.send({ type: 'order.placed', data: { orderId: 'late', total: 1 } });
  const hangs = streams.consumer(orders, { group: 'export', clientId: 'export-1', handlerTimeout: '1h' });
  const running = hangs.run(() => new Promise(() => undefined));
  await hangs.ready;
  const audit = streams.consumer(payments, { group: 'audit', clientId: 'audit-1' });
  const auditing = audit.run(() => undefined);
  await audit.ready;
  return {
    streams,
    broker,
    async close() {
      await hangs.close({ deadline: 1 });
      await audit.close();
      await Promise.allSettled([running, auditing]);
      await streams.close();
    },
  };
}
