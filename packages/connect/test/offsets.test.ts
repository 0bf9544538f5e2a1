import { topicOffsets } from '@isostream/connect';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Offsets } from '../src/offsets/offsets.ts';
import { plan } from './support/files.ts';
import { runUntil, storedIn, textsIn } from './support/run.ts';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { signal } = new AbortController();
const lines = defineTopic('lines', { raw: true, partitions: 1 });
const offset = (connector: string, file: string, position: number) => ({
  connector,
  partition: { filename: file },
  offset: { position },
});

let streams: Streams;
beforeEach(async () => {
  streams = await createStreams({ adapter: createMemory(), topics: [lines] });
});
afterEach(() => streams.close());

describe('offsets in a topic', () => {
  it('are those of the last flush, in the form that Kafka Connect has', async () => {
    const store = topicOffsets(streams, { topic: 'offsets' });
    expect(await store.read(signal)).toEqual([]);
    await store.write([offset('a', 'x', 1), offset('a', 'y', 2)], signal);
    await store.write([offset('a', 'x', 3)], signal);
    expect(await topicOffsets(streams, { topic: 'offsets' }).read(signal)).toEqual([
      offset('a', 'x', 3),
      offset('a', 'y', 2),
    ]);
    expect((await storedIn(streams, 'offsets')).map(({ key }) => key)).toContain('["a",{"filename":"x"}]');
    expect(await textsIn(streams, 'offsets')).toContain('{"position":3}');
    expect(await streams.admin.describe('offsets')).toMatchObject({ compaction: true, partitionNames: ['0'] });
  });

  it('of Kafka Connect are taken up, and what it has deleted is gone', async () => {
    const topic = defineTopic('offsets', { raw: true, partitions: 2, compaction: true });
    await streams.admin.ensure(topic);
    const stored = (key: string, value: string | null) => ({ key, value: value === null ? null : Buffer.from(value) });
    await streams
      .producer(topic)
      .sendBatch([
        stored('["a",{"filename":"x"}]', '{"position":7}'),
        stored('["b",{"filename":"x"}]', '{"position":7}'),
        stored('["b",{"filename":"x"}]', null),
        stored('of somebody else', '{}'),
      ]);
    expect(await topicOffsets(streams, { topic: 'offsets' }).read(signal)).toEqual([offset('a', 'x', 7)]);
  });

  it('would be lost in a topic that is not compacted: it is refused', async () => {
    await expect(topicOffsets(streams, { topic: 'lines' }).read(signal)).rejects.toThrow(/cleanup\.policy=compact/);
  });

  it('are written again by and by where the provider does not compact, those of this worker alone', async () => {
    const other = await createStreams({ adapter: createMemory({ headers: 'none' }), topics: [] });
    const store = topicOffsets(other, { topic: 'offsets' });
    let now = 0;
    const clock = { now: () => now, monotonic: () => now, timer: () => () => undefined };
    await store.read(signal);
    await store.write([offset('mine', 'x', 1), offset('of another worker', 'x', 1)], signal);
    const offsets = new Offsets(store, ['mine'], 1_000, clock);
    await offsets.load(signal);
    const flushes: number[] = [];
    for (now of [0, 1, 3_600_000, 3_600_001]) {
      await offsets.flush();
      flushes.push((await storedIn(other, 'offsets')).length);
    }
    expect(flushes).toEqual([3, 3, 4, 4]);
    expect((await storedIn(other, 'offsets')).at(-1)?.key).toContain('mine');
    await other.close();
  });

  it('keep where a source is, without a file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'isostream-offsets-')), 'in.txt');
    const files = () =>
      plan(
        'isostream.url=memory:\nkey.converter=StringConverter\nvalue.converter=StringConverter\noffset.storage.topic=offsets\n',
        [`name=s\nconnector.class=FileStreamSource\nfile=${file}\ntopic=lines\n`],
      );
    for (const line of ['one', 'two']) {
      writeFileSync(file, `${line}\n`, { flag: 'a' });
      await runUntil(await files(), streams, async () => expect(await textsIn(streams, 'lines')).toContain(line));
    }
    expect(await textsIn(streams, 'lines')).toEqual(['one', 'two']);
  });
});

describe('where a worker keeps offsets', () => {
  const source = 'name=s\nconnector.class=FileStreamSource\nfile=/nonexistent\ntopic=lines\n';
  const base = 'isostream.url=memory:\nkey.converter=StringConverter\nvalue.converter=StringConverter\n';

  it('is one place: others that its file names have no effect', async () => {
    const both = `${base}offset.storage.file.filename=/nonexistent/o\noffset.storage.topic=offsets\n`;
    expect((await plan(both, [source])).warnings.join()).toMatch(
      /offset\.storage\.topic has no effect: offsets are kept by offset\.storage\.file\.filename/,
    );
  });

  it('has no effect for sinks', async () => {
    const { warnings } = await plan(`${base}offset.storage.topic=offsets\n`, [
      'name=l\nconnector.class=LoggerSink\ntopics=lines\n',
    ]);
    expect(warnings.join()).toMatch(/offset\.storage\.topic has no effect without a source that needs it/);
  });

  it.each([
    ['offset.storage.table.url=mysql://x', /not the address of a PostgreSQL/],
    ['offset.storage.table.url=postgres://x\noffset.storage.table.name=a; drop', /Use letters, digits and _/],
    ['offset.storage.topic= ', /offset\.storage\.topic is missing/],
  ])('is checked: %s', async (line, message) => {
    await expect(plan(`${base}${line}\n`, [source])).rejects.toThrow(message);
  });
});
