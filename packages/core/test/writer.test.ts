import { describe, expect, it } from 'vitest';
import type { Written } from '../src/contract/sink.ts';
import type { StreamError } from '../src/errors/stream-error.ts';
import { resolveProducerOptions } from '../src/produce/settings.ts';
import { settled } from './support/manual-clock.ts';
import { event, failure, openWriter, values, sendOptions } from './support/open-writer.ts';
import { ScriptedSink, sinkError } from './support/scripted-sink.ts';

describe('writer', () => {
  it('sends what one turn produced together, and collects while that is in flight', async () => {
    const { sink, write } = openWriter();
    const first = [write('a', 1), write('a', 2)];
    await settled();
    const second = [write('a', 3), write('a', 4), write('a', 5)];
    await settled();
    expect(sink.requests.map(({ batches }) => batches.map(({ events }) => events.length))).toEqual([[2]]);

    sink.last.ok();
    await Promise.all(first);
    await settled();
    expect(sink.last.batches[0]?.events).toHaveLength(3);
    sink.last.ok();
    await Promise.all(second);
    expect(values(sink)).toEqual([1, 2, 3, 4, 5]);
  });

  it('refuses an event that brings its stored time where the topic does not keep it, alone', async () => {
    const { sink, writer, write, clock } = openWriter();
    sink.keepsStoredTime = false;
    const before = write('a', 1);
    const refused = failure(
      new Promise<Written>((resolve, reject) => {
        const settle = (result: Written | StreamError): void =>
          result instanceof Error ? reject(result) : resolve(result);
        writer.write({ ...event('a', 2), timestamp: 42 }, settle, sendOptions(writer, clock, {}));
      }),
    );
    const after = write('a', 3);
    expect(await refused).toMatchObject({ code: 'unsupported', outcome: 'not-written' });
    await settled();
    sink.last.ok();
    await Promise.all([before, after]);
    expect(values(sink)).toEqual([1, 3]);
  });

  it('leaves no timer behind when its deadline closes it', async () => {
    const { sink, writer, write, clock } = openWriter({ maxBuffered: { events: 2 }, deliveryTimeout: 400 });
    const abort = new AbortController();
    const outcomes = [failure(write('a', 1))];
    await settled();
    // Room that comes free by an abort goes to the line at once.
    writer.write(event('a', 2), () => undefined, sendOptions(writer, clock, { signal: abort.signal }));
    outcomes.push(failure(write('a', 3)));
    expect(writer.buffered.waiting).toBe(1);
    abort.abort();
    expect(writer.buffered).toMatchObject({ events: 2, waiting: 0 });
    await clock.advance(60);
    sink.last.fail(sinkError('timeout', 'unknown'));
    await settled();
    const closing = writer.close(5);
    await clock.advance(5);
    await closing;
    expect((await Promise.all(outcomes)).map(({ code, outcome }) => [code, outcome])).toEqual([
      ['closed', 'unknown'],
      ['closed', 'not-written'],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('lets go of its linger when it closes', async () => {
    const { sink, writer, write, clock } = openWriter({ linger: 5 });
    const sent = write('a', 1);
    await settled();
    // What is sent while the sink answers begins another linger; the flush of the close does not wait for it.
    const later = write('a', 2);
    const closed = writer.close(1_000);
    await settled();
    sink.last.ok();
    await settled();
    if (sink.requests.length > 1) sink.last.ok();
    await Promise.all([sent, later, closed]);
    expect(clock.pending).toBe(0);
  });

  it('resends the identical batch while its outcome is unknown, and nothing of its lane before it', async () => {
    const { sink, write, clock } = openWriter();
    const first = write('a', 1);
    await settled();
    const later = write('a', 2);
    const [batch] = sink.last.batches;
    sink.last.fail(sinkError('timeout', 'unknown'));
    await clock.advance(1_000);

    expect(sink.requests).toHaveLength(2);
    expect(sink.last.batches).toEqual([batch]);
    expect(sink.last.batches[0]).toBe(batch);
    sink.last.ok();
    await settled();
    sink.last.ok();
    await Promise.all([first, later]);
    expect(values(sink)).toEqual([1, 2]);
  });

  it('keeps the outcome unknown once one attempt was, though the last one surely failed', async () => {
    const { sink, write, clock } = openWriter();
    const failed = failure(write('a', 1));
    await settled();
    sink.last.fail(sinkError('timeout', 'unknown'));
    await clock.advance(1_000);
    sink.last.fail(sinkError('unauthorized', 'not-written'));

    expect(await failed).toMatchObject({ code: 'unauthorized', outcome: 'unknown' });
    expect(sink.abandoned).toHaveLength(1);
  });

  it('gives up at the delivery timeout and lets later events pass', async () => {
    const { sink, write, clock } = openWriter({ deliveryTimeout: 3_000 });
    const failed = failure(write('a', 1));
    for (let waited = 0; waited < 4; waited++) {
      await clock.advance(1_000);
      if (sink.abandoned.length === 0) sink.last.fail(sinkError('unavailable', 'not-written'));
    }
    // The last attempt was under way then: nobody waits for its answer, and it stays open what became of it.
    expect(await failed).toMatchObject({ code: 'unavailable', outcome: 'unknown' });

    const later = write('a', 2);
    await settled();
    sink.last.ok();
    await later;
    expect(values(sink)).toEqual([2]);
  });

  it('holds later events of a key back with fail-key, until they may pass', async () => {
    const { sink, write, writer } = openWriter({ afterFailure: 'fail-key' });
    const failed = failure(write('a', 1));
    await settled();
    const queued = failure(write('a', 2));
    const other = write('b', 3);
    sink.last.fail(sinkError('unauthorized', 'not-written'));
    expect((await failed).code).toBe('unauthorized');
    expect(await queued).toMatchObject({ code: 'key-failed', outcome: 'not-written' });
    expect((await failure(write('a', 4))).code).toBe('key-failed');
    await settled();
    sink.last.ok();
    await other;

    writer.resumeKey('a');
    const passed = write('a', 5);
    await settled();
    sink.last.ok();
    await passed;
    expect(values(sink)).toEqual([3, 5]);
  });

  it('waits for room, in the order of the calls, and fails with backpressure after maxBlock', async () => {
    const { sink, write, writer, clock } = openWriter({ maxBuffered: { events: 2 }, maxBlock: 500 });
    const held = [write('a', 1), write('a', 2)];
    const waits = write('a', 3);
    await settled();
    expect(writer.buffered).toMatchObject({ events: 2, waiting: 1 });
    sink.last.ok();
    await Promise.all(held);
    await settled();
    sink.last.ok();
    await waits;
    expect(values(sink)).toEqual([1, 2, 3]);

    const more = [write('a', 4), write('a', 5)];
    const refused = failure(write('a', 6));
    await clock.advance(500);
    expect(await refused).toMatchObject({ code: 'backpressure', outcome: 'not-written' });
    sink.last.ok();
    await Promise.all(more);
    expect(values(sink)).toEqual([1, 2, 3, 4, 5]);
  });

  it('takes an event back that is aborted while it waits, and calls a sent one unknown', async () => {
    const { sink, writer, clock } = openWriter();
    const abort = new AbortController();
    const results: (Written | StreamError)[] = [];
    writer.write(event('a', 1), (result) => results.push(result), sendOptions(writer, clock, { signal: abort.signal }));
    await settled();
    writer.write(event('a', 2), (result) => results.push(result), sendOptions(writer, clock, { signal: abort.signal }));
    abort.abort();

    expect(results).toMatchObject([
      { code: 'aborted', outcome: 'unknown' },
      { code: 'aborted', outcome: 'not-written' },
    ]);
    sink.last.ok();
    await writer.flush();
    expect(values(sink)).toEqual([1]);
    expect(writer.buffered).toEqual({ events: 0, bytes: 0, waiting: 0 });
  });

  it('refuses one event that is too large, and not its neighbours', async () => {
    const { sink, writer, write } = openWriter();
    const before = write('a', 1);
    const large = new Promise<Written | StreamError>((resolve) => {
      writer.write({ key: 'a', value: Buffer.alloc(2_000), headers: [] }, resolve);
    });
    const after = write('a', 2);
    expect(await large).toMatchObject({ code: 'event-too-large', outcome: 'not-written' });
    sink.last.ok();
    await Promise.all([before, after]);
    expect(values(sink)).toEqual([1, 2]);
  });

  it('sends the events of a batch one by one when the service finds the batch too large', async () => {
    const { sink, write } = openWriter();
    const sent = [write('a', 1), write('a', 2)];
    await settled();
    sink.last.fail(sinkError('event-too-large', 'not-written'));
    await settled();
    expect(sink.last.batches[0]?.events).toHaveLength(1);
    sink.last.ok();
    await settled();
    sink.last.ok();
    await Promise.all(sent);
    expect(values(sink)).toEqual([1, 2]);
  });

  it.each([
    ['by what the sink says', (): number => 250],
    ['by its own estimate, which counts each header', undefined],
  ])('fills requests %s', async (_, wireBytes) => {
    const scripted = new ScriptedSink({ bytesPerLane: 1_000 });
    const { sink, writer } = openWriter(
      {},
      wireBytes === undefined ? scripted : Object.assign(scripted, { wireBytes }),
    );
    // Key, value and headers are 52 bytes.
    const headers = Array.from({ length: 10 }, (__, index) => [`h${index}`, 'abc'] as const);
    for (let index = 0; index < 8; index++) writer.write({ ...event('a', index), headers }, () => undefined, undefined);
    await settled();

    expect(sink.last.batches.map(({ events }) => events.length)).toEqual([4]);
  });

  it('opens again after trouble that passes, and fails everybody with trouble that does not', async () => {
    const { sink, write, clock } = openWriter();
    sink.openErrors = [sinkError('unavailable', 'not-written')];
    const sent = write('a', 1);
    await clock.advance(1_000);
    sink.last.ok();
    await sent;

    const refused = openWriter();
    refused.sink.openErrors = [sinkError('unknown-topic', 'not-written')];
    expect(await failure(refused.write('a', 1))).toMatchObject({ code: 'unknown-topic', outcome: 'not-written' });
  });

  it('leaves nobody without a result when it closes at the deadline', async () => {
    const { sink, write, writer, clock } = openWriter({ maxBuffered: { events: 2 } });
    const results = [failure(write('a', 1))];
    await settled();
    results.push(failure(write('a', 2)), failure(write('a', 3)));
    const closing = writer.close(100);
    await clock.advance(100);
    await closing;

    expect((await Promise.all(results)).map(({ code, outcome }) => [code, outcome])).toEqual([
      ['closed', 'unknown'],
      ['closed', 'not-written'],
      ['closed', 'not-written'],
    ]);
    expect(sink.closed).toBe(true);
    expect((await failure(write('a', 4))).code).toBe('closed');
  });

  it('never sends what expired while it waited behind others', async () => {
    const { sink, write, clock } = openWriter({ deliveryTimeout: 1_000 });
    const first = failure(write('a', 1));
    await settled();
    const behind = failure(write('a', 2));
    await clock.advance(1_200);
    expect(await behind).toMatchObject({ code: 'timeout', outcome: 'not-written' });
    sink.last.fail(sinkError('timeout', 'unknown'));
    expect(await first).toMatchObject({ code: 'timeout', outcome: 'unknown' });
    expect(sink.requests).toHaveLength(1);
  });

  it('refuses unknown options by name', () => {
    expect(() => resolveProducerOptions(Object.assign({ linger: 5 }, { lingerMs: 5 }))).toThrow(
      /unknown option lingerMs/,
    );
    expect(() => resolveProducerOptions({ maxBuffered: Object.assign({ events: 5 }, { event: 5 }) })).toThrow(
      /unknown option maxBuffered\.event\. Did you mean maxBuffered\.events\? Valid options: maxBuffered\.events, maxBuffered\.bytes/,
    );
  });
});
