import {
  appendFileSync,
  existsSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectPlan } from '@isostream/connect';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plan } from './support/files.ts';
import { expectTexts, runUntil, storedIn, textsIn } from './support/run.ts';

const topic = defineTopic('lines', { raw: true, partitions: 1 });
let streams: Streams;
let file: string;
let offsets: string;

beforeEach(async () => {
  streams = await createStreams({ adapter: createMemory(), topics: [topic] });
  const folder = mkdtempSync(join(tmpdir(), 'isostream-file-source-'));
  file = join(folder, 'in.txt');
  offsets = join(folder, 'offsets', 'connect.offsets');
});
afterEach(() => streams.close());

/** The files as they come with Kafka Connect, with paths of the test. */
function files(more = ''): Promise<ConnectPlan> {
  return plan(
    `isostream.url=memory:
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename=${offsets}
offset.flush.interval.ms=10000
`,
    [
      `name=local-file-source
connector.class=FileStreamSource
tasks.max=1
file=${file}
topic=lines
${more}`,
    ],
  );
}

/** Runs until the topic has so many lines, and gives them. */
async function linesOnce(count: number, more?: string): Promise<readonly string[]> {
  await runUntil(await files(more), streams, async () => expect(await textsIn(streams, 'lines')).toHaveLength(count));
  return textsIn(streams, 'lines');
}

describe('the file source', () => {
  it('sends a record per line without a key, whatever ends the line, and keeps its position in bytes', async () => {
    writeFileSync(file, 'one\r\n\nthrée\rfour\n');
    expect(await linesOnce(4)).toEqual(['one', '', 'thrée', 'four']);
    expect((await storedIn(streams, 'lines')).map(({ key }) => key)).toEqual([null, null, null, null]);
    expect(JSON.parse(readFileSync(offsets, 'utf8'))).toMatchObject({
      offsets: [{ connector: 'local-file-source', partition: { filename: file }, offset: { position: 18 } }],
    });
  });

  it('continues where it was, and keeps what others stored in its offset file', async () => {
    writeFileSync(file, 'one\n');
    expect(await linesOnce(1)).toEqual(['one']);
    const other = { connector: 'other', partition: { a: 1 }, offset: { b: null } };
    const stored = JSON.parse(readFileSync(offsets, 'utf8')) as { offsets: unknown[] };
    writeFileSync(offsets, JSON.stringify({ ...stored, offsets: [...stored.offsets, other] }));
    appendFileSync(file, 'two\n');
    expect(await linesOnce(2)).toEqual(['one', 'two']);
    expect(readFileSync(offsets, 'utf8')).toContain(JSON.stringify(other));
  });

  it('waits for the end of the last line', async () => {
    writeFileSync(file, 'one\ntw');
    expect(await linesOnce(1)).toEqual(['one']);
    appendFileSync(file, 'o\r');
    // Once, however often the condition is looked at.
    let write: (() => void) | undefined = () => appendFileSync(file, '\nthree\n');
    await runUntil(await files(), streams, async () => {
      write?.();
      write = undefined;
      await expectTexts(streams, 'lines', ['one', 'two', 'three']);
    });
  });

  it('waits for a file that does not exist yet', async () => {
    const said: string[] = [];
    await runUntil(
      await files(),
      streams,
      async () => {
        expect(said.join()).toContain('local-file-source: waits for');
        if (!existsSync(file)) writeFileSync(file, 'one\n');
        await expectTexts(streams, 'lines', ['one']);
      },
      { say: (line) => said.push(line) },
    );
    expect(said).toHaveLength(1);
  });

  it('reads lines that are longer than what it reads at once', async () => {
    const long = 'x'.repeat(300_000);
    writeFileSync(file, `${long}\nend\n`);
    expect(await linesOnce(2)).toEqual([long, 'end']);
  });

  it('hands over batch.size lines at a time', async () => {
    writeFileSync(file, '1\n2\n3\n4\n5\n');
    expect(await linesOnce(5, 'batch.size=2\n')).toEqual(['1', '2', '3', '4', '5']);
  });

  it('writes a line with its schema where the converter has schemas', async () => {
    writeFileSync(file, 'one\n');
    const json = 'value.converter=org.apache.kafka.connect.json.JsonConverter\n';
    expect(await linesOnce(1, json)).toEqual(['{"schema":{"type":"string","optional":false},"payload":"one"}']);
  });
});

describe('a file that is not the same any more', () => {
  /** Reads what is there, changes the file while the source runs, and reads what should come then. */
  async function changed(
    first: string,
    change: () => void,
    count: number,
  ): Promise<{ readonly lines: readonly string[]; readonly said: string }> {
    writeFileSync(file, first);
    const before = first.split('\n').slice(0, -1);
    const said: string[] = [];
    let isChanged = false;
    await runUntil(
      await files(),
      streams,
      async () => {
        if (!isChanged) {
          await expectTexts(streams, 'lines', before);
          change();
          isChanged = true;
        }
        expect(await textsIn(streams, 'lines')).toHaveLength(before.length + count);
      },
      { say: (line) => said.push(line) },
    );
    return { lines: (await textsIn(streams, 'lines')).slice(before.length), said: said.join() };
  }

  it('is read from its start once it was truncated, and that is said', async () => {
    const truncate = (): void => {
      truncateSync(file);
      appendFileSync(file, 'new\n');
    };
    const { lines, said } = await changed('one\ntwo\n', truncate, 1);
    expect(lines).toEqual(['new']);
    expect(said).toContain('was truncated');
  });

  it('is read from its start once it was written anew and is longer than before', async () => {
    const { lines } = await changed('one\ntwo\n', () => writeFileSync(file, 'first\nsecond\nthird\n'), 3);
    expect(lines).toEqual(['first', 'second', 'third']);
  });

  it('is read to its end once it was renamed, with a last line that has no end, and then the new one', async () => {
    const rotate = (): void => {
      appendFileSync(file, 'three\nfour');
      renameSync(file, `${file}.1`);
      writeFileSync(file, 'new\n');
    };
    const { lines, said } = await changed('one\ntwo\n', rotate, 3);
    expect(lines).toEqual(['three', 'four', 'new']);
    expect(said).toContain('was replaced');
  });

  it('goes on where it was if it was saved again as a whole', async () => {
    const save = (): void => {
      copyFileSync(file, `${file}.tmp`);
      appendFileSync(`${file}.tmp`, 'three\n');
      renameSync(`${file}.tmp`, file);
    };
    const { lines } = await changed('one\ntwo\n', save, 1);
    expect(lines).toEqual(['three']);
  });

  it('is told from the old one at the next start, too', async () => {
    writeFileSync(file, 'one\ntwo\n');
    expect(await linesOnce(2)).toEqual(['one', 'two']);
    writeFileSync(file, 'first of another file\n');
    expect(await linesOnce(3)).toEqual(['one', 'two', 'first of another file']);
  });
});

describe('offsets in a file', () => {
  it('of Kafka Connect itself are named, and left as they are', async () => {
    writeFileSync(file, 'one\n');
    offsets = join(file, '..', 'java.offsets');
    const java = Buffer.from('aced00057372001', 'hex');
    writeFileSync(offsets, java);
    await expect(files()).rejects.toThrow(/an offset file of Kafka Connect itself.*Give another file/);
    expect(readFileSync(offsets)).toEqual(java);
  });

  it('that cannot be read are not overwritten', async () => {
    offsets = join(file, '..', 'other');
    writeFileSync(offsets, '{"format":"another"}');
    await expect(files()).rejects.toThrow(/not a file of offsets of isostream/);
  });

  it('are needed: a source without a place for them is refused', async () => {
    offsets = '';
    await expect(files()).rejects.toThrow(/offset\.storage\.file\.filename is missing/);
  });

  it('are stored every offset.flush.interval.ms, not only at the end', async () => {
    writeFileSync(file, 'one\n');
    const source = await files();
    const often = await plan(
      `isostream.url=memory:\nkey.converter=StringConverter\nvalue.converter=StringConverter\noffset.storage.file.filename=${offsets}\noffset.flush.interval.ms=5\n`,
      [`name=s\nconnector.class=FileStreamSource\nfile=${file}\ntopic=lines\n`],
    );
    expect(source.connectors).toHaveLength(1);
    await runUntil(often, streams, () => expect(readFileSync(offsets, 'utf8')).toContain('"position":4'));
    expect(await textsIn(streams, 'lines')).toEqual(['one']);
  });
});
