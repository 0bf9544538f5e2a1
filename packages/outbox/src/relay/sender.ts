import { type Duration, type EventInput, type Producer, StreamError, type Streams, type Topic } from '@isostream/core';
import { messageOf } from '@isostream/core/adapter';
import { eventOf } from '../prepare.ts';
import type { StoredRow } from '../row.ts';
import type { Share } from './shares.ts';
import { verdictOn } from './verdict.ts';

export interface Unsent {
  readonly row: StoredRow;
  readonly error: StreamError;
}

/** What became of each row. */
export interface Sent {
  readonly sent: StoredRow[];
  /** No attempt can send them. */
  readonly refused: Unsent[];
  /** They stay in the outbox, with all behind them of their keys. */
  readonly waiting: Unsent[];
}

/** So many bytes of events are sent at once: far less than a producer holds, so that none has to wait for room for long. */
const chunkBytes = 8 * 1_048_576;

/** Sends rows by producers of its own: after a failure nothing later of that key is sent. */
export class Sender {
  readonly #streams: Streams;
  readonly #topics: ReadonlyMap<string, Topic>;
  readonly #deliveryTimeout: Duration;
  readonly #producers = new Map<string, Producer<unknown>>();

  constructor(streams: Streams, topics: ReadonlyMap<string, Topic>, deliveryTimeout: Duration) {
    this.#streams = streams;
    this.#topics = topics;
    this.#deliveryTimeout = deliveryTimeout;
  }

  /** Rows of shares that are lost before they are in a request are left. */
  async send(rows: readonly StoredRow[], shares: ReadonlyMap<number, Share>): Promise<Sent> {
    const result: Sent = { sent: [], refused: [], waiting: [] };
    const failedKeys = new Set<string>();
    for (const chunk of chunksOf(rows)) {
      // What waits in an earlier chunk is not overtaken in a later one.
      const open = chunk.filter(
        ({ shard, topic, key }) => shares.get(shard)?.isOpen && !failedKeys.has(`${topic}/${key}`),
      );
      const errors = await Promise.all(open.map((row) => this.#sendRow(row, shares.get(row.shard)?.signal)));
      for (const row of chunk) {
        const at = open.indexOf(row);
        const error = at === -1 ? notSent(row) : errors[at];
        if (error === undefined) result.sent.push(row);
        else if (verdictOn(error) === 'refused') result.refused.push({ row, error });
        else {
          result.waiting.push({ row, error });
          if (row.key !== null) failedKeys.add(`${row.topic}/${row.key}`);
        }
      }
    }
    this.#resume(result.waiting);
    return result;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#producers.values()].map((producer) => producer.close()));
  }

  /** Never rejects: the error is the answer. */
  async #sendRow(row: StoredRow, signal: AbortSignal | undefined): Promise<StreamError | undefined> {
    let event: EventInput;
    try {
      event = eventOf(row);
    } catch (cause) {
      const message = `row ${row.id} of the outbox cannot be read: ${messageOf(cause)}`;
      return new StreamError('invalid-event', message, { where: row.topic, cause });
    }
    try {
      await this.#producer(row.topic).send(event, signal === undefined ? {} : { signal });
      return undefined;
    } catch (thrown) {
      return StreamError.from(thrown, row.topic);
    }
  }

  /** Their next attempts begin with the oldest. */
  #resume(waiting: readonly Unsent[]): void {
    for (const { row } of waiting) if (row.key !== null) this.#producers.get(row.topic)?.resumeKey(row.key);
  }

  #producer(name: string): Producer<unknown> {
    const known = this.#producers.get(name);
    if (known !== undefined) return known;
    const topic = this.#topics.get(name);
    if (topic === undefined)
      throw new StreamError('internal', `a row of topic "${name}" was read`, { where: 'outbox' });
    const deliveryTimeout = this.#deliveryTimeout;
    // As long as events may be under way they may wait for room: one that gave up earlier would be overtaken.
    const options = { afterFailure: 'fail-key', deliveryTimeout, maxBlock: deliveryTimeout } as const;
    const producer = this.#streams.producer(topic, options);
    this.#producers.set(name, producer);
    return producer;
  }
}

function* chunksOf(rows: readonly StoredRow[]): Generator<readonly StoredRow[]> {
  let chunk: StoredRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = Buffer.byteLength(row.event);
    if (chunk.length > 0 && bytes + size > chunkBytes) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(row);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

function notSent({ topic }: StoredRow): StreamError {
  const message = 'not sent: an earlier event of its key waits, or another relay has its key';
  return new StreamError('key-failed', message, { where: topic });
}
