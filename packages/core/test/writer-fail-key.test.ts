import { describe, expect, it } from 'vitest';
import { StreamError } from '../src/errors/stream-error.ts';
import type { ProducerOptions } from '../src/produce/options.ts';
import { resolveProducerOptions } from '../src/produce/settings.ts';
import { Writer } from '../src/produce/writer.ts';
import { ManualClock, settled } from './support/manual-clock.ts';
import { sendOptions } from './support/open-writer.ts';
import { ScriptedSink, sinkError } from './support/scripted-sink.ts';

describe('fail-key', () => {
  it('lets events pass that were sent before one that is too large', async () => {
    const { sink, send } = open();
    const results = [send('first')];
    await settled();
    results.push(send('second'), send('large'), send('last'));
    for (let answers = 0; answers < 2; answers++) {
      await settled();
      sink.last.ok();
    }

    expect(await Promise.all(results)).toEqual(['stored', 'stored', 'event-too-large', 'key-failed']);
  });

  it('holds back what follows one that is too large before the sink is open', async () => {
    const { sink, send } = open();
    const results = [send('first'), send('large'), send('last')];
    await settled();
    sink.last.ok();

    expect(await Promise.all(results)).toEqual(['stored', 'event-too-large', 'key-failed']);
  });

  it('keeps events that were sent before it when another key fails later', async () => {
    const { sink, send } = open();
    const results = [send('first', 'a'), send('first', 'b')];
    await settled();
    results.push(send('second', 'a'), send('large', 'a'));
    sink.last.fail(sinkError('unauthorized', 'not-written'));
    await settled();
    expect(await Promise.all(results)).toEqual(['unauthorized', 'unauthorized', 'key-failed', 'event-too-large']);

    const others = [send('first', 'c'), send('first', 'd')];
    await settled();
    others.push(send('second', 'c'), send('large', 'c'));
    const [, second] = sink.last.batches;
    expect(second?.lane).toBe('d');
    sink.last.answer([undefined, sinkError('unauthorized', 'not-written')]);
    await settled();
    sink.last.ok();
    expect(await Promise.all(others)).toEqual(['stored', 'unauthorized', 'stored', 'event-too-large']);
  });

  it('begins with an event that fails because the sink cannot be opened', async () => {
    const { sink, send, writer } = open();
    sink.openErrors = [sinkError('unauthorized', 'not-written')];
    expect(await send('first')).toBe('unauthorized');
    expect(await send('second')).toBe('key-failed');

    writer.resumeKey('a');
    const third = send('third');
    await settled();
    sink.last.ok();
    expect(await third).toBe('stored');
  });

  it('does not begin with an event that was taken back while the sink could not be opened', async () => {
    const { sink, clock, send } = open({ deliveryTimeout: 500, backoff: { initial: 300, max: 300, jitter: 'none' } });
    sink.openErrors = [1, 2].map(() => sinkError('unavailable', 'not-written'));
    const abort = new AbortController();
    const first = send('first', 'a', abort.signal);
    await settled();
    abort.abort();
    expect(await first).toBe('aborted');
    await clock.advance(450);
    const second = send('second');
    await clock.advance(400);
    sink.last.ok();

    expect(await second).toBe('stored');
  });
});

function open(options: ProducerOptions = {}): {
  sink: ScriptedSink;
  clock: ManualClock;
  writer: Writer;
  /** Resolves with the code of the error, or `stored`. */
  send: (value: string, key?: string, signal?: AbortSignal) => Promise<string>;
} {
  const sink = new ScriptedSink();
  const clock = new ManualClock();
  const resolved = resolveProducerOptions({ afterFailure: 'fail-key', ...options });
  const writer = new Writer('orders', sink, resolved, clock, () => 0.5);
  const send = (value: string, key = 'a', signal?: AbortSignal): Promise<string> =>
    new Promise((resolve) => {
      const bytes = Buffer.alloc(value === 'large' ? sink.maxEventBytes + 1 : 10, value);
      writer.write(
        { key, value: bytes, headers: [] },
        (result) => resolve(StreamError.is(result) ? result.code : 'stored'),
        sendOptions(writer, clock, signal === undefined ? {} : { signal }),
      );
    });
  return { sink, clock, writer, send };
}
