import type { HandlerContext } from '@isostream/core';
import { expect, test } from 'vitest';
import { PutQueue } from '../src/run/put-queue.ts';
import { type Sink, type SinkRecord, stored, TargetUnavailable } from '../src/sinks/sink.ts';

const nothing = { schema: null, value: null };

function recordAt(position: number, topic = 'rides'): SinkRecord {
  const origin = { topic, partition: '0', position: String(position) };
  return { topic, key: nothing, value: nothing, headers: [], timestamp: 0, origin, offset: null, order: null };
}

function contextOf(signal: AbortSignal, partition = '0', fencingToken: string | undefined = '1'): HandlerContext {
  const place = { topic: 'rides', group: 'g', partition, position: '0' };
  return { ...place, attempt: 1, fencingToken, native: undefined, signal };
}

const held = contextOf(new AbortController().signal);

/** A sink that says what it is called with, and ends a call when it is told to, or aborted. */
class SlowSink implements Sink {
  readonly calls: string[][] = [];
  #end: (() => void) | undefined;
  #begun: (() => void) | undefined;

  async put(records: readonly SinkRecord[], signal: AbortSignal) {
    this.calls.push(records.map(({ origin }) => `${origin.topic} ${origin.position}`));
    this.#begun?.();
    await new Promise<void>((resolve, reject) => {
      this.#end = resolve;
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    });
    return records.map(() => stored);
  }

  /** Once there are so many calls. */
  async begun(calls: number): Promise<void> {
    while (this.calls.length < calls)
      await new Promise<void>((resolve) => {
        this.#begun = resolve;
      });
  }

  end(): void {
    this.#end?.();
  }
}

test('what comes during a call fills the next one, which begins at once; a call is of one topic', async () => {
  const sink = new SlowSink();
  const queue = new PutQueue(sink, 3);
  const puts = [recordAt(0), recordAt(1), recordAt(2)].map((record) => queue.put(record, held));
  await sink.begun(1);
  puts.push(...[3, 4].map((position) => queue.put(recordAt(position), held)));
  puts.push(queue.put(recordAt(0, 'drivers'), held));
  puts.push(...[5, 6].map((position) => queue.put(recordAt(position), held)));
  for (const call of [2, 3, 4]) {
    sink.end();
    await sink.begun(call);
  }
  sink.end();
  expect(await Promise.all(puts)).toEqual(puts.map(() => stored));
  expect(sink.calls).toEqual([
    ['rides 0', 'rides 1', 'rides 2'],
    ['rides 3', 'rides 4', 'rides 5'],
    ['drivers 0'],
    ['rides 6'],
  ]);
});

test.each(['1', undefined])('what is taken back while it waits is not put: fencing token %s', async (token) => {
  const sink = new SlowSink();
  const queue = new PutQueue(sink, 2);
  const lost = new AbortController();
  const puts = [recordAt(0), recordAt(1)].map((record) => queue.put(record, held));
  await sink.begun(1);
  const gone = [2, 3].map((position) => queue.put(recordAt(position), contextOf(lost.signal, '1', token)));
  puts.push(queue.put(recordAt(4), held));
  lost.abort(new Error('the assignment is lost'));
  sink.end();
  await sink.begun(2);
  sink.end();
  expect(await Promise.allSettled(gone)).toMatchObject(
    gone.map(() => ({ status: 'rejected', reason: { message: 'the assignment is lost' } })),
  );
  await Promise.all(puts);
  expect(sink.calls).toEqual([['rides 0', 'rides 1'], ['rides 4']]);
});

test('a call that is taken back for one record brings the others again: it ends nothing', async () => {
  const sink = new SlowSink();
  const queue = new PutQueue(sink, 2);
  const lost = new AbortController();
  const puts = [queue.put(recordAt(0), contextOf(lost.signal, '1')), queue.put(recordAt(1), held)];
  await sink.begun(1);
  lost.abort(new Error('the assignment is lost'));
  const [, other] = await Promise.allSettled(puts);
  expect(other).toMatchObject({ status: 'rejected', reason: expect.any(TargetUnavailable) });
});
