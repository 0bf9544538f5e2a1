import { expect, it } from 'vitest';
import { Bench, read } from './support.ts';

it('returns every body, property and message id as it was sent', async () => {
  await using bench = await Bench.start();
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const sent = [
    { body: bytes },
    { body: { nested: [1, 'two', null, true] } },
    { body: 'text' },
    { body: 42 },
    { body: null },
    { body: Buffer.alloc(0) },
    {
      body: 'x',
      messageId: 'id',
      correlationId: 'correlation',
      contentType: 'text/plain',
      properties: { text: 'ü', whole: 7, real: 1.5, yes: true, bytes, empty: '' },
    },
  ];
  await bench.producer().sendBatch(sent, { partitionId: '0' });
  const received = read(bench.consumer(), {}, '0');
  await received.count(sent.length);

  expect(received.bodies).toEqual(sent.map(({ body }) => body));
  expect(received.events.at(-1)).toMatchObject(sent.at(-1) ?? {});
});

it.each(['data', 'value', 'sequence'] as const)(
  'keeps a body in a %s section, and its annotations',
  async (bodyType) => {
    await using bench = await Bench.start();
    const body = bodyType === 'sequence' ? [[1, 2]] : bodyType === 'value' ? { a: 1 } : Buffer.from('bytes');
    const message = {
      body,
      bodyType,
      messageAnnotations: { mine: 'kept' },
      applicationProperties: { a: 1 },
      properties: { subject: 'about', groupId: 'group' },
      footer: { sum: 7 },
    };
    await bench.producer().sendBatch([message], { partitionId: '0' });
    const received = read(bench.consumer(), {}, '0');
    await received.count(1);

    const { body: _, ...rest } = message;
    expect(received.events[0]?.body).toEqual(body);
    expect(received.events[0]?.getRawAmqpMessage()).toMatchObject({
      ...rest,
      messageAnnotations: { mine: 'kept', 'x-opt-sequence-number': 0 },
    });
  },
);

it('stores a batch in one partition, one behind the other', async () => {
  await using bench = await Bench.start();
  const producer = bench.producer();
  const batch = await producer.createBatch({ partitionKey: 'key' });
  for (let body = 0; body < 500; body += 1) expect(batch.tryAdd({ body })).toBe(true);

  await producer.sendBatch(batch);

  const ends = ['0', '1', '2', '3'].map(
    (partition) => bench.server.describePartition('orders', partition).lastSequence,
  );
  expect(ends.toSorted((a, b) => a - b)).toEqual([-1, -1, -1, 499]);
});

it('tells how large a batch may be, and refuses a larger one', async () => {
  await using bench = await Bench.start({ maxMessageBytes: 10_000 });
  const producer = bench.producer();

  expect((await producer.createBatch()).maxSizeInBytes).toBe(10_000);
  await expect(producer.sendBatch([{ body: Buffer.alloc(20_000) }])).rejects.toMatchObject({
    code: 'MessageTooLargeError',
  });
  await producer.sendBatch([{ body: Buffer.alloc(5_000) }]);
});

it('carries batches of many frames', async () => {
  await using bench = await Bench.start();
  const body = Buffer.alloc(1_000_000, 7);
  await bench.producer().sendBatch([{ body }], { partitionId: '0' });
  const received = read(bench.consumer(), { skipParsingBodyAsJson: true }, '0');
  await received.count(1);

  expect(body.equals(Buffer.from(received.events[0]?.body))).toBe(true);
});

it('keeps the order of sends that overlap', async () => {
  await using bench = await Bench.start();
  const producer = bench.producer();
  await Promise.all(Array.from({ length: 300 }, (_, body) => producer.sendBatch([{ body }], { partitionId: '0' })));
  const received = read(bench.consumer(), {}, '0');
  await received.count(300);

  expect(received.bodies).toEqual(Array.from({ length: 300 }, (_, index) => index));
});

it.each([
  { hub: 'nothing', group: '$Default', partition: '0', code: 'MessagingEntityNotFoundError' },
  { hub: 'orders', group: 'nobody', partition: '0', code: 'MessagingEntityNotFoundError' },
  { hub: 'orders', group: '$Default', partition: '9', code: 'ArgumentOutOfRangeError' },
])('refuses to read $hub, $group, $partition with $code', async ({ hub, group, partition, code }) => {
  await using bench = await Bench.start();
  const received = read(bench.consumer(group, hub), {}, partition);
  await received.until(() => received.errors.length > 0);

  expect(received.errors[0]).toMatchObject({ code });
});

it.each([
  { hub: 'nothing', partitionId: '0', code: 'MessagingEntityNotFoundError' },
  { hub: 'orders', partitionId: '9', code: 'ArgumentOutOfRangeError' },
])('refuses to send to $hub, $partitionId with $code', async ({ hub, partitionId, code }) => {
  await using bench = await Bench.start();

  await expect(bench.producer(hub).sendBatch([{ body: 1 }], { partitionId })).rejects.toMatchObject({ code });
});

it('refuses what comes for a hub that was deleted meanwhile', async () => {
  await using bench = await Bench.start();
  const producer = bench.producer('orders', { retryOptions: { maxRetries: 0, timeoutInMs: 500 } });
  await producer.sendBatch([{ body: 1 }]);

  bench.server.deleteHub('orders');

  // What is sent before the client hears of it is answered by nobody.
  await expect(producer.sendBatch([{ body: 2 }])).rejects.toMatchObject({ code: 'OperationTimeoutError' });
  await expect(producer.sendBatch([{ body: 2 }])).rejects.toMatchObject({ code: 'MessagingEntityNotFoundError' });
});
