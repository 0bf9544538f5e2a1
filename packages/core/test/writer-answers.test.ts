import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { TopicProducer } from '../src/produce/producer.ts';
import { heapInUse } from './support/heap.ts';
import { settled } from './support/manual-clock.ts';
import { event, failure, openWriter, values, sendOptions } from './support/open-writer.ts';
import { sinkError } from './support/scripted-sink.ts';

const tooLarge = sinkError('event-too-large', 'not-written');

describe('a send that is aborted', () => {
  it('gives its room back also if its batch is taken apart afterwards', async () => {
    const { sink, writer, write } = openWriter();
    const abort = new AbortController();
    const sent = [write('a', 1), failure(write('a', 2, abort.signal)), write('a', 3)];
    await settled();
    abort.abort();
    sink.last.fail(tooLarge);
    for (const _ of ['1', '3']) {
      await settled();
      sink.last.ok();
    }
    await Promise.all(sent);
    await writer.flush();

    expect(values(sink)).toEqual([1, 3]);
    expect(writer.buffered).toEqual({ events: 0, bytes: 0, waiting: 0 });
  });

  it.each([
    ['behind a request without an answer', {}],
    ['in line for room', { maxBuffered: { events: 1 } }],
  ])('leaves nothing behind %s', async (_, options) => {
    const { writer, write, clock } = openWriter(options);
    const stuck = [failure(write('a', 0)), failure(write('a', 1))];
    await settled();
    const before = heapInUse();
    for (let count = 0; count < 20_000; count++) {
      const abort = new AbortController();
      writer.write(
        { key: 'a', value: Buffer.alloc(10_000), headers: [] },
        () => undefined,
        sendOptions(writer, clock, { signal: abort.signal }),
      );
      abort.abort();
    }
    // 20,000 of these would be some 200 MB.
    heapInUse();
    // Buffers are swept beside the collection.
    await settled();
    expect(heapInUse() - before).toBeLessThan(16_777_216);
    const closing = writer.close(0);
    await clock.advance(1);
    await closing;
    await Promise.all(stuck);
  });
});

describe('flush', () => {
  it('waits for what was sent before, not for what is sent meanwhile', async () => {
    const { sink, writer, write } = openWriter();
    const first = write('a', 1);
    await settled();
    const before = write('a', 2);
    let isFlushed = false;
    const flushed = writer.flush().then(() => (isFlushed = true));
    sink.last.ok();
    await first;
    await settled();
    expect(isFlushed).toBe(false);
    const meanwhile = write('a', 3);
    sink.last.ok();
    await before;
    await flushed;

    expect(values(sink)).toEqual([1, 2]);
    await settled();
    sink.last.ok();
    await meanwhile;
    await writer.flush();
  });
});

describe('the line for room', () => {
  it('moves on when its head gives up', async () => {
    const { sink, writer, write, clock } = openWriter({ maxBuffered: { bytes: 400 }, maxBlock: 500 });
    const first = write('a', 1);
    await settled();
    const large = new Promise((resolve) => writer.write({ ...event('a', 2), value: Buffer.alloc(390) }, resolve));
    await clock.advance(300);
    const small = write('a', 3);
    expect(writer.buffered.waiting).toBe(2);
    await clock.advance(200);

    expect(await large).toMatchObject({ code: 'backpressure' });
    expect(writer.buffered).toMatchObject({ events: 2, waiting: 0 });
    sink.last.ok();
    await first;
    await settled();
    sink.last.ok();
    await small;
  });

  it('is part of the time that delivery may take', async () => {
    const { sink, write, clock } = openWriter({ maxBuffered: { events: 1 }, deliveryTimeout: 200, maxBlock: 5_000 });
    const first = failure(write('a', 1));
    await settled();
    const second = failure(write('a', 2));
    await clock.advance(200);

    expect(await second).toMatchObject({ code: 'backpressure', outcome: 'not-written' });
    sink.last.fail(sinkError('timeout', 'unknown'));
    await first;
    expect(sink.requests).toHaveLength(1);
  });
});

describe('a batch', () => {
  it('of which nobody knows whether it was written is not taken apart', async () => {
    const { sink, write, clock } = openWriter();
    const sent = [failure(write('a', 1)), failure(write('a', 2))];
    await settled();
    sink.last.fail(sinkError('timeout', 'unknown'));
    await clock.advance(1_000);
    sink.last.fail(tooLarge);

    const outcomes = await Promise.all(sent);
    expect(outcomes.map(({ code, outcome }) => [code, outcome])).toEqual([
      ['event-too-large', 'unknown'],
      ['event-too-large', 'unknown'],
    ]);
    expect(sink.requests).toHaveLength(2);
  });

  it('is told with the number of its attempt', async () => {
    const { sink, write, clock } = openWriter();
    const attempts: unknown[] = [];
    const note = (message: unknown): void => void attempts.push(Reflect.get(Object(message), 'attempt'));
    subscribe('isostream:produce:batch', note);
    const sent = write('a', 1);
    await settled();
    sink.last.fail(sinkError('unavailable', 'not-written'));
    await clock.advance(1_000);
    sink.last.ok();
    await sent;
    unsubscribe('isostream:produce:batch', note);
    expect(attempts).toEqual([1, 2]);
  });
});

it('a sink is closed only when its opening is over', async () => {
  const { sink, writer, write, clock } = openWriter();
  let opened = (): void => undefined;
  sink.open = () => new Promise((resolve) => (opened = resolve));
  const sent = failure(write('a', 1));
  await settled();
  const closing = writer.close(0);
  await clock.advance(1);
  expect(sink.closed).toBe(false);
  opened();
  await closing;
  expect([sink.closed, (await sent).code]).toEqual([true, 'closed']);
});

it('an event whose schema answers late is not overtaken by one whose schema answers at once', async () => {
  const { sink, writer, clock } = openWriter();
  let ready = (): void => undefined;
  const producer = new TopicProducer<number>(
    writer,
    (value) => (value === 1 ? new Promise((resolve) => (ready = () => resolve(event('a', value)))) : event('a', value)),
    clock,
  );
  const sent = [producer.send(1), producer.send(2)];
  await settled();
  expect(sink.requests).toHaveLength(0);
  ready();
  for (const one of sent) {
    await settled();
    sink.last.ok();
    await one;
  }
  expect(values(sink)).toEqual([1, 2]);
});
