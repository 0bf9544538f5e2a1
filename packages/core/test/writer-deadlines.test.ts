import { describe, expect, it } from 'vitest';
import { StreamError } from '../src/errors/stream-error.ts';
import type { EncodedEvent } from '../src/model/encoded.ts';
import { TopicProducer } from '../src/produce/producer.ts';
import { settled } from './support/manual-clock.ts';
import { watch } from './support/open-engine.ts';
import { event, failure, openWriter, sendOptions, values } from './support/open-writer.ts';
import { sinkError } from './support/scripted-sink.ts';

describe('deadlines of single sends', () => {
  it('answer in time, also while a request hangs, and let the others go on', async () => {
    const { sink, write, clock } = openWriter();
    const patient = write('a', 1);
    const hasty = failure(write('b', 2, undefined, { deliveryTimeout: 300 }));
    await settled();
    await clock.advance(300);
    expect(await hasty).toMatchObject({ code: 'timeout', outcome: 'unknown', retryable: true });
    sink.last.ok();
    await patient;
  });

  it('end in the order of their times, not in that of the sends', async () => {
    const { write, clock } = openWriter();
    void write('a', 0).catch(() => undefined);
    await settled();
    const ended: number[] = [];
    const send = (value: number, deliveryTimeout: number): void =>
      void write('a', value, undefined, { deliveryTimeout }).catch(() => ended.push(value));
    send(1, 900);
    send(2, 300);
    send(3, 600);
    for (let waited = 0; waited < 900; waited += 100) await clock.advance(100);
    expect(ended).toEqual([2, 3, 1]);
  });

  it('take only what was sent later of their key along with fail-key', async () => {
    const { sink, write, clock } = openWriter({ afterFailure: 'fail-key' });
    const first = write('a', 1);
    await settled();
    const second = write('a', 2);
    const hasty = failure(write('a', 3, undefined, { deliveryTimeout: 200 }));
    const later = failure(write('a', 4));
    await clock.advance(200);
    expect((await hasty).code).toBe('timeout');
    expect((await later).code).toBe('key-failed');
    sink.last.ok();
    await first;
    await settled();
    sink.last.ok();
    await second;
    expect(values(sink)).toEqual([1, 2]);
  });

  it('fail a key once: who lets it pass again is not undone when the batch ends', async () => {
    const { sink, write, writer, clock } = openWriter({ afterFailure: 'fail-key' });
    const hasty = failure(write('a', 1, undefined, { deliveryTimeout: 200 }));
    await clock.advance(200);
    await hasty;
    writer.resumeKey('a');
    sink.last.fail(sinkError('timeout', 'unknown'));
    await settled();
    const later = write('a', 2);
    await settled();
    sink.last.ok();
    await later;
    expect(sink.abandoned).toHaveLength(1);
  });

  it('begin no attempt after them: a batch that waits for its turn is given up', async () => {
    const { sink, write, clock } = openWriter({ backoff: { initial: 100, max: 100, jitter: 'none' } });
    const hasty = failure(write('a', 1, undefined, { deliveryTimeout: 300 }));
    await settled();
    sink.last.fail(sinkError('unavailable', 'not-written'));
    await settled();
    const other = write('b', 2);
    await clock.advance(400);
    expect(await hasty).toMatchObject({ code: 'unavailable', outcome: 'not-written' });
    sink.last.ok();
    await other;
    await settled();
    expect(sink.requests).toHaveLength(2);
    const again = write('a', 3);
    await settled();
    sink.last.ok();
    await again;
    expect(values(sink)).toEqual([2, 3]);
  });

  it('hold in line as well: who may wait less for room gives up first', async () => {
    const { write, clock, writer } = openWriter({ maxBuffered: { events: 1 } });
    void write('a', 0).catch(() => undefined);
    const patient = watch(write('a', 1, undefined, { maxBlock: 5_000 }));
    const hasty = failure(write('a', 2, undefined, { maxBlock: 100 }));
    const hastier = failure(write('a', 3, undefined, { deliveryTimeout: 50 }));
    await clock.advance(50);
    expect(await hastier).toMatchObject({ code: 'backpressure', outcome: 'not-written' });
    await clock.advance(50);
    const { code, message } = await hasty;
    expect([code, message]).toEqual(['backpressure', expect.stringContaining('for 100 ms')]);
    expect([patient.state, writer.buffered.waiting]).toEqual(['pending', 1]);
  });

  it('are refused by name where they mean nothing', () => {
    const { writer, clock } = openWriter();
    // @ts-expect-error no such option
    expect(() => sendOptions(writer, clock, { timeout: 5 })).toThrow('unknown option timeout');
    // @ts-expect-error no duration
    expect(() => sendOptions(writer, clock, { deliveryTimeout: 'soon' })).toThrow('deliveryTimeout is "soon"');
  });
});

describe('a schema that does not answer', () => {
  const open = () => {
    const { sink, writer, clock } = openWriter({ deliveryTimeout: 1_000 });
    const encode = (value: number): EncodedEvent | Promise<EncodedEvent> =>
      value === 0 ? new Promise(() => undefined) : event('a', value);
    return { sink, clock, producer: new TopicProducer<number>(writer, encode, clock) };
  };
  const code = (sent: Promise<unknown>): Promise<unknown> =>
    sent.catch((error: unknown) => (StreamError.is(error) ? [error.code, error.outcome] : error));

  it('ends with its time, and those behind it go on', async () => {
    const { sink, clock, producer } = open();
    const hung = code(producer.send(0));
    const behind = producer.send(1, { deliveryTimeout: 5_000 });
    await clock.advance(1_000);
    expect(await hung).toEqual(['timeout', 'not-written']);
    await settled();
    sink.last.ok();
    await behind;
  });

  it('is not waited for by whoever takes its event back', async () => {
    const { producer } = open();
    const abort = new AbortController();
    const hung = code(producer.send(0, { signal: abort.signal }));
    abort.abort();
    expect(await hung).toEqual(['aborted', 'not-written']);
  });

  it('leaves only what is left of its time to wait for room', async () => {
    const { writer, write, clock } = openWriter({ maxBuffered: { events: 1 }, deliveryTimeout: 1_000 });
    void write('a', 0, undefined, { deliveryTimeout: '1h' }).catch(() => undefined);
    let ready = (): void => undefined;
    const encode = (value: number): Promise<EncodedEvent> =>
      new Promise((resolve) => (ready = () => resolve(event('b', value))));
    const sent = watch(new TopicProducer<number>(writer, encode, clock).send(1));
    await clock.advance(900);
    ready();
    await settled();
    expect(writer.buffered.waiting).toBe(1);
    await clock.advance(100);
    expect([sent.state, writer.buffered.waiting]).toEqual(['rejected', 0]);
  });

  it('does not hold up a close beyond its deadline', async () => {
    const { clock, producer } = open();
    const sends = [code(producer.send(0)), code(producer.send(1))];
    const closing = watch(producer.close({ deadline: 200 }));
    await clock.advance(200);
    expect(closing.state).toBe('resolved');
    expect(await Promise.all(sends)).toEqual([
      ['closed', 'not-written'],
      ['closed', 'not-written'],
    ]);
    expect(await code(producer.send(1))).toEqual(['closed', 'not-written']);
  });
});
