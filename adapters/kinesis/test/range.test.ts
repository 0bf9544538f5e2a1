import type { Range } from '@isostream/core/adapter';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRange } from '../src/consume/range.ts';
import { read as readPage, textsOf } from './support/pages.ts';
import { ScriptedStream } from './support/scripted-stream.ts';

let service: ScriptedStream;

beforeEach(async () => {
  service = await ScriptedStream.listen();
});
afterEach(() => service[Symbol.asyncDispose]());

/** Reads the range in core's order, and returns its events as they came, each with its shard. */
async function read(range: Partial<Range>, onOpened: () => void = () => undefined): Promise<string[]> {
  const found: string[] = [];
  const { signal } = new AbortController();
  const { cursors } = await openRange(
    service.parts(),
    { topic: 'orders', from: 'earliest', to: 'now', ...range },
    signal,
  );
  onOpened();
  const left = new Map(cursors.map((cursor) => [cursor.partition, cursor]));
  while (left.size > 0) {
    for (const cursor of left.values()) {
      if (cursor.after?.some((parent) => left.has(parent)) === true) continue;
      const page = await readPage(cursor, signal);
      for (const text of textsOf(page)) found.push(`${cursor.partition}${text}`);
      if (page.isEnd) left.delete(cursor.partition);
    }
  }
  return found;
}

function closed(name: string, parents: readonly string[], ...payloads: readonly string[]): void {
  service.shards.set(name, { records: [], parents, isClosed: true });
  service.put(name, ...payloads);
}

describe('a range of a stream', () => {
  it('comes in an order in which parents are read to their end before their children', async () => {
    // Listed in the wrong order, as a service may.
    service.shards.set('d', { records: [], parents: ['b', 'c'] });
    service.put('d', '1', '2');
    closed('c', ['a'], '1');
    closed('b', ['a'], '1', '2');
    closed('a', [], '1', '2', '3');

    const found = await read({});
    expect(found.slice(0, 3)).toEqual(['a1', 'a2', 'a3']);
    expect(found.slice(3, 6).toSorted()).toEqual(['b1', 'b2', 'c1']);
    expect(found.slice(6)).toEqual(['d1', 'd2']);
  });

  it('has the end that it had at the call', async () => {
    service.put('a', '1', '2');

    expect(await read({}, () => void service.put('a', 'later'))).toEqual(['a1', 'a2']);
    expect(await read({})).toEqual(['a1', 'a2', 'alater']);
  });

  it('from the latest event on is empty', async () => {
    service.put('a', '1', '2');
    closed('b', [], '1');

    expect(await read({ from: 'latest' })).toEqual([]);
  });

  it('from positions has what is named, and whatever was made of it since', async () => {
    closed('a', [], '1', '2', '3');
    closed('x', [], '1');
    service.shards.set('b', { records: [], parents: ['a'] });
    service.put('b', '1');

    expect(await read({ from: new Map([['a', '99']]) })).toEqual(['a2', 'a3', 'b1']);
    expect(await read({ from: new Map([['b', 'after 98']]) })).toEqual([]);
  });

  it('from a shard that is gone has what was made of it', async () => {
    service.shards.set('b', { records: [], parents: ['a'] });
    service.put('b', '1');
    service.put('x', '1');

    expect(await read({ from: new Map([['a', '99']]) })).toEqual(['b1']);
  });

  it('of a stream that is not there needs operator action', async () => {
    service.intercept = () => ({ refuse: 'ResourceNotFoundException' });

    await expect(read({})).rejects.toMatchObject({ code: 'unknown-topic' });
  });
});
