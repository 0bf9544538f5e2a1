import { describe, expect, it } from 'vitest';
import type { Decoded } from '../src/codec/codec.ts';
import { TopicConsumer } from '../src/consume/consumer.ts';
import type { Delivery } from '../src/consume/options.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import type { StoredEvent } from '../src/model/encoded.ts';
import { ManualClock, settled } from './support/manual-clock.ts';
import { gate, prepareEngine, watch } from './support/open-engine.ts';

interface Event {
  readonly type: string;
  readonly name: string;
}

const asName = (stored: StoredEvent): Decoded<Event> => ({
  ok: true,
  event: { type: stored.position.slice(0, 1), name: stored.position },
});

describe('a consumer', () => {
  it('runs once, and says so', async () => {
    const { consumer } = open();
    void consumer.run(() => undefined);
    await expect(consumer.run(() => undefined)).rejects.toMatchObject({ code: 'invalid-config' });
    await consumer.close();
    await expect(consumer.run(() => undefined)).rejects.toMatchObject({ code: 'closed' });
  });

  it('refuses a map that forgets a type of the topic', async () => {
    const { consumer } = open();
    const forgotten = { a: () => undefined };
    await expect(consumer.run(forgotten)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('no handler for "b"'),
    });
  });

  it.each([
    [
      Object.assign({ maxWait: 5 }, { maxEvent: 3 }),
      'unknown option maxEvent. Did you mean maxEvents? Valid options: maxEvents, maxWait, signal',
    ],
    [{ maxEvents: 0 }, 'maxEvents is 0. Give a whole number of 1 or more'],
  ])('refuses a wrong option of batches and has not run: %o', async (options, message) => {
    const { consumer } = open();
    await expect(consumer.runBatch(() => undefined, options)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining(message),
    });
    void consumer.runBatch(() => undefined, { maxEvents: 3 });
    await consumer.close();
  });

  it('calls the handler of each type', async () => {
    const { consumer, test } = open();
    const seen: string[] = [];
    void consumer.run({
      a: (event: Event) => void seen.push(`a: ${event.name}`),
      b: (event: Event) => void seen.push(`b: ${event.name}`),
    });
    await settled();
    await test.assign('a1', 'b1', 'a2');
    expect(seen).toEqual(['a: a1', 'b: b1', 'a: a2']);
  });

  it('writes a letter at once for what cannot be decoded, and goes on', async () => {
    const error = new StreamError('undecodable', 'no CloudEvent', { where: 'consumer' });
    const { consumer, test } = open((stored) => (stored.position === 'a1' ? { ok: false, error } : asName(stored)));
    const seen: string[] = [];
    void consumer.run((event) => void seen.push(event.name));
    await settled();
    await test.assign('a1', 'a2');
    expect([test.letters, seen]).toMatchObject([[{ name: 'a1', attempts: 1, error }], ['a2']]);
  });

  it('does not start a handler for an event whose lane was lost while it was decoded', async () => {
    const decoded = gate();
    const { consumer, test } = open((stored) => decoded.promise.then(() => asName(stored)));
    const seen: string[] = [];
    void consumer.run((event) => void seen.push(event.name));
    await settled();
    const lane = await test.assign('a1');
    test.source.lose(lane);
    decoded.open();
    await settled();
    expect(seen).toEqual([]);
  });

  it('ends at its signal as by close', async () => {
    const { consumer, disposed } = open();
    const controller = new AbortController();
    const ended = watch(consumer.run(() => undefined, { signal: controller.signal }));
    await settled();
    controller.abort();
    await settled();
    expect([ended.state, disposed()]).toEqual(['resolved', 1]);
  });

  it('closes once, however often it is told to', async () => {
    const { consumer, disposed } = open();
    void consumer.run(() => undefined);
    await settled();
    await Promise.all([consumer.close(), consumer.close()]);
    await consumer.close();
    expect(disposed()).toBe(1);
  });

  it('goes on after a close whose deadline is refused, and can be closed', async () => {
    const { consumer, test, disposed } = open();
    const seen: string[] = [];
    const ended = watch(consumer.run((event) => void seen.push(event.name)));
    await settled();
    // @ts-expect-error no duration
    await expect(consumer.close({ deadline: 'soon' })).rejects.toMatchObject({ code: 'invalid-config' });
    await test.assign('a1');
    expect([seen, ended.state]).toEqual([['a1'], 'pending']);
    await consumer.close();
    expect([ended.state, disposed()]).toEqual(['resolved', 1]);
  });
});

describe('leaving the loop of a stream', () => {
  it('does not wait for events that nobody will ask for: they come again', async () => {
    const { consumer, test, clock } = open();
    const stream = consumer.stream();
    await settled();
    const lane = await test.assign('a1', 'b1');
    const left = watch(
      (async () => {
        for await (const delivery of stream) {
          if (delivery.event.name === 'b1') {
            delivery.ack();
            break;
          }
          delivery.retry(new Error('db is down'));
        }
      })(),
    );
    await clock.advance(0);
    await settled();
    expect([left.state, lane.commits, clock.monotonic()]).toEqual(['resolved', [], 0]);
  });

  it('waits for deliveries that are still out', async () => {
    const { consumer, test } = open();
    const stream = consumer.stream();
    await settled();
    const lane = await test.assign('a1');
    const { value }: IteratorResult<Delivery<unknown>, undefined> = await stream.next();
    const left = watch(Promise.resolve(stream.return?.()));
    await settled();
    expect(left.state).toBe('pending');
    value?.ack();
    await settled();
    expect([left.state, lane.commits]).toEqual(['resolved', ['a1']]);
  });
});

function open(decode: (stored: StoredEvent) => Decoded<Event> | Promise<Decoded<Event>> = asName) {
  const clock = new ManualClock();
  const test = prepareEngine({}, { clock });
  let disposed = 0;
  const consumer = new TopicConsumer<Event>({
    types: ['a', 'b'],
    decode,
    prepare: async () => undefined,
    engine: test.engine,
    handlerTimeoutMs: 30_000,
    dispose: async () => void disposed++,
    clock,
    drainTimeoutMs: 25_000,
  });
  return { consumer, clock, test, disposed: () => disposed };
}
