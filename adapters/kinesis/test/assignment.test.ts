import type { HeldLease, Successor } from '@isostream/coordination';
import { type Position, StreamError } from '@isostream/core/adapter';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ShardAssignment } from '../src/consume/assignment.ts';
import { ShardCursor } from '../src/consume/shard-cursor.ts';
import { KinesisStream } from '../src/consume/stream.ts';
import { parsePlace } from '../src/position.ts';
import { read, textsOf } from './support/pages.ts';
import { ScriptedStream } from './support/scripted-stream.ts';

const { signal } = new AbortController();
const successor: Successor = { partition: 'b', after: ['a'], position: 'TRIM_HORIZON' };
let service: ScriptedStream;

beforeEach(async () => {
  service = await ScriptedStream.listen();
});
afterEach(() => service[Symbol.asyncDispose]());

/** A lease that a test takes away when it likes. */
class TestLease implements HeldLease {
  readonly partition = 'a';
  readonly token = 7;
  readonly position: Position;
  readonly commits: Position[] = [];
  readonly finished: (readonly Successor[])[] = [];
  readonly #gone = new AbortController();

  constructor(position: Position) {
    this.position = position;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get isHeld(): boolean {
    return !this.signal.aborted;
  }

  #check(): void {
    if (!this.isHeld) throw new StreamError('lease-lost', 'it is gone', { where: 'test' });
  }

  async commit(position: Position): Promise<void> {
    this.#check();
    this.commits.push(position);
  }

  finish(successors: readonly Successor[]): void {
    this.finished.push(successors);
  }

  abandon(reason: StreamError): void {
    this.#gone.abort(reason);
  }

  lose(): void {
    this.#gone.abort();
  }
}

function laneFrom(position: Position): { readonly assignment: ShardAssignment; readonly held: TestLease } {
  const held = new TestLease(position);
  const parts = service.parts();
  const stream = new KinesisStream('orders', parts);
  const cursor = new ShardCursor({ stream, shard: 'a', start: parsePlace(position), ...parts });
  return { held, assignment: new ShardAssignment(held, cursor, async () => [successor]) };
}

describe('a shard that was read to its end', () => {
  it('is finished after its last event was committed, and not before', async () => {
    service.put('a', '1', '2');
    service.shard('a').isClosed = true;
    const { assignment, held } = laneFrom('TRIM_HORIZON');

    expect(textsOf(await read(assignment, signal))).toEqual(['1', '2']);
    // So that the last commit need not wait for its interval.
    expect((await read(assignment, signal)).isEnd).toBe(true);
    await assignment.commit({ partition: 'a', position: '98' });
    expect(held.finished).toEqual([]);
    await assignment.commit({ partition: 'a', position: '99' });
    expect(held.finished).toEqual([[successor]]);
  });

  it('is not finished while events of it wait for room', async () => {
    service.put('a', '1', '2');
    service.shard('a').isClosed = true;
    const { assignment, held } = laneFrom('TRIM_HORIZON');

    await read(assignment, signal, 1);
    await assignment.commit({ partition: 'a', position: '98' });
    expect(held.finished).toEqual([]);
    expect(textsOf(await read(assignment, signal))).toEqual(['2']);
    await assignment.commit({ partition: 'a', position: '99' });
    await read(assignment, signal);
    expect(held.finished).toEqual([[successor]]);
  });

  it('is finished at once if there is nothing left of it', async () => {
    service.put('a', '1');
    service.shard('a').isClosed = true;
    const { assignment, held } = laneFrom('after 98');

    await vi.waitFor(async () => {
      expect((await read(assignment, signal)).events).toEqual([]);
      expect(held.finished).toEqual([[successor]]);
    });
  });

  it('is not read at all by a group that started at its end', async () => {
    service.put('a', '1');
    service.shard('a').isClosed = true;
    const { assignment, held } = laneFrom('SHARD_END');

    await read(assignment, signal);
    expect(held.finished).toHaveLength(1);
    expect(service.calls).toEqual([]);
  });
});

describe('a lease', () => {
  it('that is gone lets nothing through that was fetched before', async () => {
    service.put('a', '1', '2');
    const { assignment, held } = laneFrom('TRIM_HORIZON');
    await read(assignment, signal, 1);

    held.lose();
    expect(assignment.isHeld).toBe(false);
    expect((await read(assignment, signal)).events).toEqual([]);
    await expect(assignment.commit({ partition: 'a', position: '98' })).rejects.toMatchObject({ code: 'lease-lost' });
  });

  it('stores where to go on, and until when nothing was left unread', async () => {
    service.put('a', '1', '2');
    const { assignment, held } = laneFrom('TRIM_HORIZON');
    await read(assignment, signal, 1);
    const [first] = service.shard('a').records;

    await assignment.commit({ partition: 'a', position: '98' });
    expect(held.commits).toEqual([`after 98 ${first?.at}`]);
    await read(assignment, signal);
    await assignment.commit({ partition: 'a', position: '99' });
    const [, last = ''] = held.commits;
    expect(Number(last.split(' ')[2])).toBeGreaterThanOrEqual(service.shard('a').records[1]?.at ?? Infinity);
  });

  it.each([
    ['after 98', /^after 98 \d{13}$/],
    ['AT_TIMESTAMP', /^AT_TIMESTAMP \d{13}$/],
  ])('of a silent shard says once an hour that there was nothing: %s', async (start, expected) => {
    service.put('a', '1');
    const { assignment, held } = laneFrom(`${start} ${Date.now() - 2 * 3_600_000}`);
    if (start === 'AT_TIMESTAMP') service.shard('a').records.length = 0;

    await vi.waitFor(async () => {
      await read(assignment, signal);
      expect(held.commits).toHaveLength(1);
    });
    for (let reads = 0; reads < 5; reads++) await read(assignment, signal);
    expect(held.commits).toHaveLength(1);
    expect(held.commits[0]).toMatch(expected);
    // A time is where reading goes on: our clock may be ahead, so it keeps a distance.
    if (start === 'AT_TIMESTAMP') expect(Number(held.commits[0]?.split(' ')[1])).toBeLessThan(Date.now() - 50_000);
  });

  it('leaves nothing behind on the signals that it is read with', async () => {
    const { assignment, held } = laneFrom('TRIM_HORIZON');
    const abort = new AbortController();
    for (let reads = 0; reads < 3; reads++) await read(assignment, abort.signal);
    const listeners = (): number[] =>
      [abort.signal, held.signal].map((each) => getEventListeners(each, 'abort').length);
    const before = listeners();

    for (let reads = 0; reads < 5; reads++) await read(assignment, abort.signal);
    expect(listeners()).toEqual(before);
  });

  it('says nothing of a shard whose events are still in work', async () => {
    service.put('a', '1');
    const { assignment, held } = laneFrom(`AT_TIMESTAMP ${Date.now() - 2 * 3_600_000}`);

    expect(textsOf(await read(assignment, signal))).toEqual(['1']);
    for (let reads = 0; reads < 5; reads++) await read(assignment, signal);
    expect(held.commits).toEqual([]);
  });
});
