import { describe, expect, it } from 'vitest';
import { partitionOfKey } from '../src/store/key-hash.ts';
import { serverBusy } from '../src/index.ts';
import { PythonClient } from './python-client.ts';
import { Bench, read } from './support.ts';

const missing: string[] = [];
const clients = await PythonClient.find().then(
  (client) => [client],
  (error: unknown) => {
    missing.push(String(error).split('\n')[0] ?? '');
    return [];
  },
);

it('finds the Python client, or says that it is missing', () => {
  for (const reason of missing) process.stdout.write(`NOT RUN: the Python client, ${reason}\n`);

  expect([...clients, ...missing]).toHaveLength(1);
});

interface Seen {
  readonly partition: string;
  readonly sequence: number;
  readonly offset: string;
  readonly enqueued: number;
  readonly body: string;
}

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
const texts = (seen: unknown): string[] =>
  Array.isArray(seen) ? seen.map(({ body }: Seen) => Buffer.from(body, 'base64').toString()) : [];

describe.each(clients)('Python', (client) => {
  it('gives Python the properties of a hub and of its partitions', async () => {
    await using bench = await Bench.start();
    const { connectionString } = bench.server;
    await bench.producer().sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '3' });

    expect(await client.run(connectionString, 'describe', { partition: '3' })).toMatchObject({
      hub: { eventhub_name: 'orders', partition_ids: ['0', '1', '2', '3'] },
      partition: { id: '3', beginning_sequence_number: 0, last_enqueued_sequence_number: 1, is_empty: false },
    });
  });

  it('carries what Python sends to JavaScript', async () => {
    await using bench = await Bench.start();
    const { connectionString } = bench.server;
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    const properties = { text: 'ü', whole: 7, real: 1.5 };
    const event = { body: base64(bytes), properties, message_id: 'id', content_type: 'text/plain' };

    await client.run(connectionString, 'send', {
      batches: [[event], [event, event]],
      target: { partition_key: 'alphabet' },
    });
    await client.run(connectionString, 'send_one', { event, target: { partition_id: '1' } });
    const received = read(bench.consumer(), { skipParsingBodyAsJson: true });
    await received.count(4);

    const byKey = String(partitionOfKey('alphabet', 4));
    expect(received.events.map(({ partition }) => partition).toSorted()).toEqual(['1', byKey, byKey, byKey].toSorted());
    expect(received.events.filter(({ partitionKey }) => partitionKey === 'alphabet')).toHaveLength(3);
    for (const one of received.events) {
      expect(Buffer.from(one.body)).toEqual(bytes);
      expect(one).toMatchObject({ properties, messageId: 'id', contentType: 'text/plain' });
    }
  });

  it('carries what JavaScript sends to Python', async () => {
    await using bench = await Bench.start();
    await bench.producer().sendBatch(
      [
        {
          body: Buffer.from('bytes'),
          properties: { text: 'ü', whole: 7 },
          messageId: 'id',
          contentType: 'text/plain',
        },
      ],
      { partitionKey: 'alphabet' },
    );

    expect(await client.run(bench.server.connectionString, 'receive', { count: 1 })).toMatchObject([
      {
        partition: String(partitionOfKey('alphabet', 4)),
        sequence: 0,
        key: 'alphabet',
        body: base64('bytes'),
        properties: { text: 'ü', whole: 7 },
        message_id: 'id',
        content_type: 'text/plain',
        last: { sequence_number: 0 },
      },
    ]);
  });

  it('starts Python at sequence numbers, offsets and times', async () => {
    await using bench = await Bench.start();
    const { connectionString } = bench.server;
    const producer = bench.producer();
    for (let body = 0; body < 5; body += 1) await producer.sendBatch([{ body: String(body) }], { partitionId: '0' });
    const receive = (parameters: object): Promise<unknown> =>
      client.run(connectionString, 'receive', { partition: '0', ...parameters });

    const all = await receive({ count: 5 });
    expect(texts(all)).toEqual(['0', '1', '2', '3', '4'].map((text) => JSON.stringify(text)));
    const third: Seen | undefined = Array.isArray(all) ? all[2] : undefined;
    expect(texts(await receive({ count: 2, start: 2 }))).toHaveLength(2);
    expect(texts(await receive({ count: 3, start: 2, inclusive: true }))).toHaveLength(3);
    expect(texts(await receive({ count: 2, start: third?.offset }))).toHaveLength(2);
    expect(texts(await receive({ count: 3, start: third?.offset, inclusive: true }))).toHaveLength(3);
    expect(texts(await receive({ count: 1, start: (third?.enqueued ?? 0) - 1, time: true }))).not.toHaveLength(0);
  });

  it('tells Python the largest batch, and takes one of that size in many frames', async () => {
    await using bench = await Bench.start();
    const filled = await client.run(bench.server.connectionString, 'fill_batch', {
      size: 50_000,
      target: { partition_id: '2' },
    });

    expect(filled).toMatchObject({ limit: 1_048_576, count: 20 });
    expect(bench.server.describePartition('orders', '2').lastSequence).toBe(19);
  });

  it('takes the place of a Python reader with a lower owner level', async () => {
    await using bench = await Bench.start();
    await bench.producer().sendBatch([{ body: 1 }], { partitionId: '0' });

    expect(await client.run(bench.server.connectionString, 'displaced')).toEqual([
      expect.stringContaining('amqp:link:stolen'),
    ]);
  });

  it('refuses Python as it refuses JavaScript', async () => {
    await using bench = await Bench.start();
    const { connectionString } = bench.server;
    const one = { batches: [[{ body: base64('1') }]], target: { partition_id: '0' } };

    expect(
      await client.run(connectionString.replace(/SharedAccessKey=[^;]+/, 'SharedAccessKey=d3Jvbmc='), 'send', one),
    ).toMatchObject({
      error: 'AuthenticationError',
    });
    expect(await client.run(connectionString, 'send', one, 'nothing')).toMatchObject({ error: 'ConnectError' });
    bench.server.addWriteFault({ fault: serverBusy });
    expect(await client.run(connectionString, 'send', one)).toMatchObject({
      error: 'EventDataSendError',
      message: expect.stringContaining('throttled'),
    });
  });
});
