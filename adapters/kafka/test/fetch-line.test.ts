import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FetchedRecords } from '../src/client/fetched-records.ts';
import type { FetchRequest, FetchResult, Wire } from '../src/client/wire.ts';
import { FetchLine, type LineReader } from '../src/consume/fetch-line.ts';
import { PartitionCursor } from '../src/consume/partition-cursor.ts';

interface Sent {
  readonly on: 'backlog' | 'waiting';
  readonly node: number;
  readonly rack: string | undefined;
  readonly asked: readonly string[];
  readonly maxWaitMs: number;
  /** Nothing new: each partition ends there. */
  readonly answer: (end: number, error?: number, nearest?: number) => Promise<void>;
  readonly fail: (error: unknown) => Promise<void>;
}

const sent: Sent[] = [];

/** Remembers what is asked, and answers when it is told to. */
function wireOf(on: Sent['on']): Wire {
  const fetch = (node: number, { topics, maxWaitMs, rack }: FetchRequest): Promise<readonly FetchResult[]> =>
    new Promise((resolve, reject) => {
      const results = (end: number, error: number, nearest: number): FetchResult[] =>
        topics.flatMap(({ topic, partitions }) =>
          partitions.map(({ partition }) => ({
            topic,
            partition,
            error,
            end: BigInt(end),
            logStart: 0n,
            nearest,
            records: new FetchedRecords(partition, Buffer.alloc(0), []),
          })),
        );
      sent.push({
        on,
        node,
        rack,
        asked: topics.flatMap(({ topic, partitions }) =>
          partitions.map(({ partition, offset }) => `${topic}/${partition}@${offset}`),
        ),
        maxWaitMs,
        answer: async (end, error = 0, nearest = -1) => turn(() => resolve(results(end, error, nearest))),
        fail: async (error) => turn(() => reject(error)),
      });
    });
  return { fetch } as unknown as Wire;
}

/** What follows from it has followed. */
async function turn(act: () => void = () => undefined): Promise<void> {
  act();
  for (let count = 0; count < 4; count++) await new Promise((resolve) => setImmediate(resolve));
}

class Reader implements LineReader {
  readonly topic: string;
  readonly refusals: number[] = [];
  readonly failures: unknown[] = [];
  held = false;

  constructor(topic: string) {
    this.topic = topic;
  }

  leader(): number {
    return 1;
  }

  isHeld(): boolean {
    return this.held;
  }

  leaderless(): void {}

  async refused(_: PartitionCursor, code: number): Promise<void> {
    this.held = true;
    this.refusals.push(code);
  }

  async failed(_: readonly PartitionCursor[], thrown: unknown): Promise<void> {
    this.held = true;
    this.failures.push(thrown);
  }
}

let line: FetchLine;
beforeEach(() => {
  sent.length = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  line = new FetchLine(
    { backlog: wireOf('backlog'), waiting: wireOf('waiting') },
    { fetchBytes: 100, fetchWaitMs: 5_000, rackId: '' },
  );
});
afterEach(() => {
  line.stop();
  vi.useRealTimers();
});

const last = (): Sent => {
  const found = sent.at(-1);
  if (found === undefined) throw new Error('nothing was sent');
  return found;
};

describe('a line of fetches', () => {
  it('asks for the topics of all readers at once, and waits for all of them in one request', async () => {
    line.add(new PartitionCursor(0, 7n), new Reader('a'));
    line.add(new PartitionCursor(1, 7n), new Reader('b'));
    await turn();
    expect(sent).toMatchObject([{ on: 'backlog', asked: ['a/0@7', 'b/1@7'], maxWaitMs: 0 }]);
    await last().answer(7);
    expect(sent.slice(1)).toMatchObject([{ on: 'waiting', asked: ['a/0@7', 'b/1@7'], maxWaitMs: 5_000 }]);
  });

  it('names a partition once in a request: two that want the same share it, and a third at another offset asks next', async () => {
    for (const offset of [7n, 7n, 3n]) line.add(new PartitionCursor(0, offset), new Reader('a'));
    await turn();
    expect(sent).toMatchObject([{ asked: ['a/0@7'] }]);
    await last().answer(7);
    expect(sent.slice(1)).toMatchObject([
      { on: 'waiting', asked: ['a/0@7'] },
      { on: 'backlog', asked: ['a/0@3'] },
    ]);
  });

  it('lets latecomers wait on their own only where nobody had a backlog just now', async () => {
    line.add(new PartitionCursor(0, 7n), new Reader('a'));
    await turn();
    await last().answer(7);
    line.add(new PartitionCursor(0, 7n), new Reader('b'));
    await turn();
    expect(last()).toMatchObject({
      on: 'backlog',
      asked: ['b/0@7'],
      maxWaitMs: 0,
    });
    await last().answer(7);
    expect(sent).toHaveLength(3);
    await turn(() => vi.advanceTimersByTime(60));
    expect(last()).toMatchObject({
      on: 'backlog',
      asked: ['b/0@7'],
      maxWaitMs: 50,
    });
    expect(sent).toHaveLength(4);
  });

  it('holds up nobody by a fetch that waits for the same partition at another offset', async () => {
    for (const offset of [7n, 9n]) line.add(new PartitionCursor(0, offset), new Reader('a'));
    await turn();
    await last().answer(7);
    const [, waiting, other] = sent;
    expect(waiting).toMatchObject({ on: 'waiting', asked: ['a/0@7'] });
    await other?.answer(7);
    await waiting?.answer(7);
    expect(last()).toMatchObject({ on: 'waiting', asked: ['a/0@7'] });
    await turn(() => vi.advanceTimersByTime(60));
    expect(last()).toMatchObject({ on: 'backlog', asked: ['a/0@9'] });
  });

  it('goes on for all others where one reader is refused', async () => {
    const refused = new Reader('a');
    line.add(new PartitionCursor(0, 7n), refused);
    await turn();
    const first = last();
    line.add(new PartitionCursor(0, 7n), new Reader('b'));
    await first.answer(7, 3);
    expect(refused.refusals).toEqual([3]);
    expect(last()).toMatchObject({ asked: ['b/0@7'] });
  });

  it('tells each reader of a request that failed, and none that left', async () => {
    const [a, b] = [new Reader('a'), new Reader('b')];
    const cursor = new PartitionCursor(0, 7n);
    line.add(new PartitionCursor(0, 7n), a);
    line.add(cursor, b);
    await turn();
    line.remove(cursor);
    await last().fail('broken');
    expect([a.failures, b.failures]).toEqual([['broken'], []]);
    expect(sent).toHaveLength(1);
  });

  it('asks the replica that a leader names, and the leader again for what the replica refuses', async () => {
    const outOfRange = 1;
    const reader = new Reader('a');
    line.stop();
    line = new FetchLine(
      { backlog: wireOf('backlog'), waiting: wireOf('waiting') },
      { fetchBytes: 100, fetchWaitMs: 5_000, rackId: 'here' },
    );
    line.add(new PartitionCursor(0, 7n), reader);
    await turn();
    expect(last()).toMatchObject({ node: 1, rack: 'here' });
    await last().answer(9, 0, 2);
    expect(last()).toMatchObject({ node: 2, asked: ['a/0@7'] });
    // It is behind its leader: nothing is missing there.
    await last().answer(5, outOfRange);
    expect(reader.refusals).toEqual([]);
    expect(last()).toMatchObject({ node: 1, rack: '', asked: ['a/0@7'] });
    await last().answer(5, outOfRange);
    expect(reader.refusals).toEqual([outOfRange]);
  });
});
