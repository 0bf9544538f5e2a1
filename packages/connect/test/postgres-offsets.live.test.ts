import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableOffsets } from '@isostream/connect';
import { createStreams, defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { expect, it } from 'vitest';
import { plan } from './support/files.ts';
import { runUntil, textsIn } from './support/run.ts';
import { usePostgres } from '../../outbox/test/support/postgres.ts';

const postgres = usePostgres();
const { signal } = new AbortController();

it('offsets in a table are those of the last flush', async () => {
  const of = (position: number) => ({ connector: 'a', partition: { b: 1, a: 'x' }, offset: { position } });
  const store = tableOffsets(postgres.pool, { table: 'public.own_offsets' });
  expect(await store.read(signal)).toEqual([]);
  await store.write([of(1)], signal);
  await store.write([of(2)], signal);
  expect(await tableOffsets(postgres.pool, { table: 'public.own_offsets' }).read(signal)).toEqual([of(2)]);
});

it('a worker keeps where its source is in the table that its file names', async () => {
  const topic = defineTopic('lines', { raw: true, partitions: 1 });
  const streams = await createStreams({ adapter: createMemory(), topics: [topic] });
  const file = join(mkdtempSync(join(tmpdir(), 'isostream-offsets-')), 'in.txt');
  const worker = `isostream.url=memory:\nkey.converter=StringConverter\nvalue.converter=StringConverter\noffset.storage.table.url=${postgres.url}\n`;
  for (const line of ['one', 'two']) {
    writeFileSync(file, `${line}\n`, { flag: 'a' });
    const files = await plan(worker, [`name=s\nconnector.class=FileStreamSource\nfile=${file}\ntopic=lines\n`]);
    await runUntil(files, streams, async () => expect(await textsIn(streams, 'lines')).toContain(line));
  }
  expect(await textsIn(streams, 'lines')).toEqual(['one', 'two']);
  await streams.close();
});
