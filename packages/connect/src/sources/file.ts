import { pause } from '@isostream/core/adapter';
import { ConfigError } from '../config/definition.ts';
import { nothing, type Schema } from '../data/values.ts';
import type { SourcePlace } from '../offsets/place.ts';
import { FileLines, type FilePlace } from './file-lines.ts';
import { type Source, type SourceClass, type SourceRecord, SourceUnavailable } from './source.ts';
import { StreamLines } from './stream-lines.ts';

/** Kafka Connect's file source: a record per line, without a key. Without a file, standard input. */
export const fileStreamSource: SourceClass = {
  classNames: [
    'org.apache.kafka.connect.file.FileStreamSourceConnector',
    'FileStreamSourceConnector',
    'FileStreamSource',
  ],
  definitions: {
    file: { type: 'string', optional: true, doc: 'the file to read; standard input if there is none' },
    topic: { type: 'string', notEmpty: true, doc: 'the topic to write to' },
    'batch.size': { type: 'int', default: '2000', min: 1, doc: 'lines that are read at once' },
  },
  needsOffsets: (config) => config.text('file') !== '',
  differences: (config) =>
    config.text('file') === ''
      ? ['no file is given: standard input is read, and what was read of it does not come again after a restart']
      : [
          'file is looked at again: once it is truncated or replaced it is read from its start, where Kafka Connect waits at the old position and passes over what is new',
        ],
  topics: (config) => [config.text('topic')],
  create(config, { say }) {
    const [file, topic, limit] = [config.text('file'), config.text('topic'), config.number('batch.size')];
    return file === '' ? new InputSource(topic, limit) : new FileSource(file, topic, limit, say);
  },
};

const lineSchema: Schema = { type: 'string' };
/** How long a poll waits for lines, and how often it looks. */
const waitMs = 1_000;
const lookMs = 100;

function recordOf(topic: string, line: string): SourceRecord {
  return { topic, key: nothing, value: { schema: lineSchema, value: line }, timestamp: Date.now() };
}

class FileSource implements Source {
  readonly #file: string;
  readonly #topic: string;
  readonly #limit: number;
  readonly #say: (line: string) => void;
  #lines: FileLines | undefined;

  constructor(file: string, topic: string, limit: number, say: (line: string) => void) {
    this.#file = file;
    this.#topic = topic;
    this.#limit = limit;
    this.#say = say;
  }

  async open(offset: (partition: SourcePlace) => SourcePlace | undefined): Promise<void> {
    this.#lines = new FileLines(this.#file, startOf(offset({ filename: this.#file }), this.#file), this.#say);
  }

  async poll(signal: AbortSignal): Promise<readonly SourceRecord[]> {
    for (let waited = 0; waited < waitMs && !signal.aborted; waited += lookMs) {
      const lines = await this.#read();
      if (lines.length > 0) return lines;
      await pause(lookMs, signal);
    }
    return [];
  }

  async close(): Promise<void> {
    await this.#lines?.close();
  }

  async #read(): Promise<readonly SourceRecord[]> {
    try {
      const lines = (await this.#lines?.read(this.#limit)) ?? [];
      const partition = { filename: this.#file };
      return lines.map(({ text, place: { position, mark } }) => ({
        ...recordOf(this.#topic, text),
        partition,
        offset: mark === undefined ? { position } : { position, mark },
      }));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (cause instanceof Error && 'code' in cause && cause.code === 'EISDIR')
        throw new ConfigError(`file is ${this.#file}, which is a folder. Name one file`, { cause });
      throw new SourceUnavailable(`cannot read ${this.#file}: ${why}`, { cause });
    }
  }
}

function startOf(offset: SourcePlace | undefined, file: string): FilePlace {
  const { position, mark } = offset ?? { position: 0 };
  if (typeof position !== 'number' || !Number.isSafeInteger(position) || position < 0)
    throw new ConfigError(`the offset that is stored for ${file} has no position in bytes: ${JSON.stringify(offset)}`);
  return { position, mark: typeof mark === 'string' ? mark : undefined };
}

/** Standard input: what was read cannot be read again, so there are no offsets. */
class InputSource implements Source {
  readonly #topic: string;
  readonly #limit: number;
  #lines: StreamLines | undefined;

  constructor(topic: string, limit: number) {
    this.#topic = topic;
    this.#limit = limit;
  }

  async poll(signal: AbortSignal): Promise<readonly SourceRecord[]> {
    this.#lines ??= new StreamLines(process.stdin);
    const lines = await this.#lines.read(this.#limit, waitMs, signal);
    return lines.map((line) => recordOf(this.#topic, line));
  }

  async close(): Promise<void> {
    // Else the process would wait for input that nobody reads.
    if (this.#lines !== undefined) process.stdin.destroy();
  }
}
