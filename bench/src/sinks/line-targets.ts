import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataOf, type Document } from './documents.ts';
import type { Target } from './targets.ts';

/** A file of JSON lines, each request on the disk before the next one. */
export async function fileTarget(): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'isostream-bench-file-'));
  const file = join(folder, 'lines.json');
  let read = { bytes: 0, lines: 0 };
  return {
    name: 'File',
    against: 'appendFile and datasync',
    description: 'a file',
    properties: `connector.class=JsonLinesSink\nfile=${file}\n`,
    async reset() {
      await rm(file, { force: true });
      read = { bytes: 0, lines: 0 };
    },
    async write(documents) {
      const handle = await open(file, 'a');
      await handle.appendFile(documents.map(lineOf).join(''));
      await handle.datasync();
      await handle.close();
    },
    /** Only of what was added since it was asked last. */
    async count() {
      const handle = await open(file, 'a+');
      const { size } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(size - read.bytes), 0, size - read.bytes, read.bytes);
      await handle.close();
      read = { bytes: size, lines: read.lines + linesIn(buffer) };
      return read.lines;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** A function that takes lines. */
export async function loggerTarget(): Promise<Target> {
  let lines = 0;
  const say = (text: string): void => {
    // The runner says something as well.
    if (text.startsWith('{')) lines += linesIn(Buffer.from(text)) + 1;
  };
  return {
    name: 'Logger',
    against: 'JSON lines to a function',
    description: 'a function in this process',
    properties: 'connector.class=LoggerSink\n',
    say,
    async reset() {
      lines = 0;
    },
    async write(documents) {
      say(documents.map(lineOf).join('').trimEnd());
    },
    async count() {
      return lines;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** What a line of these sinks holds. */
function lineOf(document: Document): string {
  const [topic = '', partition = '', position = ''] = document.place.split('+');
  const { key } = document;
  return `${JSON.stringify({ key, value: dataOf(document), headers: [], timestamp: 0, topic, partition, position })}\n`;
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 0x0a) lines += 1;
  return lines;
}
