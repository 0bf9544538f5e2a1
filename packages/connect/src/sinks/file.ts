import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { jsonTextOf } from '../converters/json.ts';
import { headerText, javaText } from '../data/java-text.ts';
import { DataError } from '../data/values.ts';
import {
  type PutResult,
  refused,
  type Sink,
  type SinkClass,
  type SinkRecord,
  stored,
  TargetUnavailable,
} from './sink.ts';

/** Kafka Connect's file sink: the text of each value on a line. Without a file, standard output. */
export const fileStreamSink: SinkClass = {
  classNames: ['org.apache.kafka.connect.file.FileStreamSinkConnector', 'FileStreamSinkConnector', 'FileStreamSink'],
  definitions: { file: { type: 'string', optional: true, doc: 'the file that lines are added to' } },
  create(config, { say }) {
    const file = config.optional('file');
    const line = ({ value }: SinkRecord): string => javaText(value.value);
    return file === undefined ? new LineSink(line, (text) => say(text.trimEnd())) : new LineSink(line, appender(file));
  },
};

/** Records as JSON lines in a file that is put aside once it is large. */
export const jsonLinesSink: SinkClass = {
  classNames: ['JsonLinesSink'],
  definitions: {
    file: { type: 'string', notEmpty: true, doc: 'the file that lines are added to' },
    'max.bytes': { type: 'long', default: '104857600', min: 1, doc: 'how large the file gets before it is put aside' },
    'max.files': { type: 'int', default: '10', min: 1, doc: 'how many files are kept, the current one included' },
  },
  create(config) {
    const limits = { bytes: config.number('max.bytes'), files: config.number('max.files') };
    return new LineSink(jsonLine, appender(config.text('file'), limits));
  },
};

/** Says what it gets, and stores nothing. */
export const loggerSink: SinkClass = {
  classNames: ['LoggerSink'],
  definitions: {},
  create: (_, { say }) => new LineSink(jsonLine, (text) => say(text.trimEnd())),
};

function jsonLine({ topic, key, value, headers, timestamp, origin }: SinkRecord): string {
  const texts = headers.map((header) => [
    header.name,
    header.bytes === undefined
      ? headerText(header.typed.value)
      : header.bytes === null
        ? null
        : Buffer.from(header.bytes).toString(),
  ]);
  const rest = JSON.stringify({
    headers: texts,
    timestamp,
    topic,
    ...{ partition: origin.partition, position: origin.position },
  });
  return `{"key":${jsonTextOf(key)},"value":${jsonTextOf(value)},${rest.slice(1)}`;
}

class LineSink implements Sink {
  readonly #line: (record: SinkRecord) => string;
  readonly #write: (text: string) => unknown;

  constructor(line: (record: SinkRecord) => string, write: (text: string) => unknown) {
    this.#line = line;
    this.#write = write;
  }

  async put(records: readonly SinkRecord[]): Promise<readonly PutResult[]> {
    let text = '';
    const results = records.map((record) => {
      try {
        text += `${this.#line(record)}\n`;
        return stored;
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        return refused(error);
      }
    });
    if (text !== '') await this.#write(text);
    return results;
  }
}

/** Adds text to a file, and returns once it is on the disk. */
function appender(
  file: string,
  limits?: { readonly bytes: number; readonly files: number },
): (text: string) => Promise<void> {
  // Since the last time that all of it was written.
  let isWhole = false;
  return async (text) => {
    try {
      await mkdir(dirname(file), { recursive: true });
      if (limits !== undefined) await rotate(file, limits);
      const handle = await open(file, 'a+');
      try {
        // A crash, or a full disk, leaves the beginning of a line: what comes next begins another one.
        const end = isWhole ? '' : await missingEnd(handle);
        isWhole = false;
        await handle.appendFile(end + text);
        await handle.datasync();
        isWhole = true;
      } finally {
        await handle.close();
      }
    } catch (cause) {
      throw new TargetUnavailable(`cannot write ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  };
}

/** The end of the last line, where a file has none. */
async function missingEnd(handle: FileHandle): Promise<string> {
  const { size } = await handle.stat();
  if (size === 0) return '';
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a ? '' : '\n';
}

/** `file` becomes `file.1`, which becomes `file.2`; the oldest goes. */
async function rotate(
  file: string,
  { bytes, files }: { readonly bytes: number; readonly files: number },
): Promise<void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size < bytes) return;
  if (files === 1) return rm(file);
  for (let index = files - 1; index > 0; index -= 1)
    await rename(index === 1 ? file : `${file}.${index - 1}`, `${file}.${index}`).catch(ignoreAbsent);
}

function ignoreAbsent(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
