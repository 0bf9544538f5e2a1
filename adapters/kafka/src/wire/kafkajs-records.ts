import type { Header } from '@isostream/core/adapter';
import type { FetchResult, StoredRecord } from './wire.ts';

interface RawRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[] | null>>;
  readonly isControlRecord: boolean;
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean };
}
interface RawAborted {
  readonly producerId: string;
  readonly firstOffset: string;
}
/** The answer to a fetch, as kafkajs decodes it. */
export interface RawFetch {
  readonly errorCode?: number;
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly lastStableOffset: string;
      readonly lastStartOffset?: string;
      readonly abortedTransactions?: readonly RawAborted[];
      readonly messages: readonly RawRecord[];
    }[];
  }[];
}

/** One partition of the answer: events only, and where the next fetch begins. */
export function toFetchResult(raw: RawFetch['responses'][number]['partitions'][number]): FetchResult {
  const { partition, errorCode, lastStableOffset, lastStartOffset = '-1', abortedTransactions = [], messages } = raw;
  const last = messages.at(-1);
  return {
    partition,
    error: errorCode,
    end: BigInt(lastStableOffset),
    logStart: BigInt(lastStartOffset),
    records: eventsOf(messages, abortedTransactions).map(toRecord),
    next: last === undefined ? undefined : BigInt(last.offset) + 1n,
  };
}

/** Leaves out the marks of transactions, and what stands between the beginning of an aborted one and its mark. */
function eventsOf(messages: readonly RawRecord[], aborted: readonly RawAborted[]): RawRecord[] {
  const ahead = aborted.map(({ producerId, firstOffset }) => ({ producerId, first: BigInt(firstOffset) }));
  const open = new Set<string>();
  return messages.filter(({ offset, isControlRecord, batchContext }) => {
    for (const transaction of ahead) {
      if (transaction.first > BigInt(offset)) continue;
      open.add(transaction.producerId);
      transaction.first = never;
    }
    const { producerId = '', inTransaction = false } = batchContext ?? {};
    if (isControlRecord) open.delete(producerId);
    return !isControlRecord && !(inTransaction && open.has(producerId));
  });
}

const never = 1n << 64n;

function toRecord({ offset, timestamp, key, value, headers }: RawRecord): StoredRecord {
  const list: Header[] = [];
  for (const name of Object.keys(headers)) {
    const header = headers[name];
    // For a header called `constructor` kafkajs puts what every object has in front of its values.
    if (Array.isArray(header)) for (const each of header.filter(isHeaderValue)) list.push([name, each ?? empty]);
    else list.push([name, Buffer.isBuffer(header) ? header : empty]);
  }
  return { offset: BigInt(offset), timestamp: Number(timestamp), key, value, headers: list };
}

function isHeaderValue(value: unknown): boolean {
  return value === null || Buffer.isBuffer(value);
}

const empty = Buffer.alloc(0);
