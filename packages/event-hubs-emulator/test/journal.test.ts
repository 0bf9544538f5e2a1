import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { EventHubsServer } from '../src/index.ts';
import { Bench, read } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'isostream-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('brings everything back: hubs, groups, events, trims', async () => {
  const journal = join(folder, 'everything');
  {
    await using bench = await Bench.start({ journal, keys: { k: 'key' } });
    bench.server.createHub('rides', { partitions: 2, retentionMs: 3_600_000 });
    bench.server.createGroup('rides', 'billing');
    bench.server.createHub('gone');
    bench.server.deleteHub('gone');
    const producer = bench.producer('rides');
    for (let body = 0; body < 5; body += 1)
      await producer.sendBatch([{ body, properties: { body } }], { partitionKey: 'same' });
    for (const partition of ['0', '1']) bench.server.trim('rides', partition, 2);
  }

  await using bench = await Bench.start({ journal, keys: { k: 'key' } });
  const received = read(bench.consumer('billing', 'rides'));
  await received.count(3);

  expect(bench.server.listHubs().map(({ name }) => name)).toEqual(['orders', 'rides']);
  expect(bench.server.findHub('rides')).toMatchObject({ partitions: 2, retentionMs: 3_600_000 });
  expect(received.bodies).toEqual([2, 3, 4]);
  expect(received.events.map(({ sequenceNumber }) => sequenceNumber)).toEqual([2, 3, 4]);
  expect(received.events.every(({ partitionKey }) => partitionKey === 'same')).toBe(true);
});

it('drops a last entry that was cut off, and goes on behind the one before', async () => {
  const journal = join(folder, 'cut');
  const server = new EventHubsServer({ journal });
  server.createHub('first');
  await server.close();
  appendFileSync(journal, Buffer.from([0, 0, 1, 0, 1, 2, 3]));

  const next = new EventHubsServer({ journal });
  next.createHub('second');
  await next.close();

  const last = new EventHubsServer({ journal });
  expect(last.listHubs().map(({ name }) => name)).toEqual(['first', 'second']);
  await last.close();
});
