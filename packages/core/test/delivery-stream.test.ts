import { describe, expect, it } from 'vitest';
import { DeliveryStream } from '../src/consume/delivery-stream.ts';
import type { Delivery } from '../src/consume/options.ts';
import { NonRetryableError } from '../src/errors/stream-error.ts';
import { handlerContext } from './support/handler-context.ts';
import { ManualClock, settled } from './support/manual-clock.ts';
import { openEngine, watch } from './support/open-engine.ts';

describe('a stream of deliveries', () => {
  it('asks for as many handlers as deliveries are out or waited for', async () => {
    const { stream, demands } = open();
    const first = stream.next();
    void stream.next();
    expect(demands).toEqual([1, 2]);
    void stream.handle('a', handlerContext());
    (await delivery(first)).ack();
    expect(demands.at(-1)).toBe(1);
  });

  it('hands out to whoever asked first', async () => {
    const { stream } = open();
    const pulls = [stream.next(), stream.next()];
    for (const event of ['a', 'b']) void stream.handle(event, handlerContext());
    expect((await Promise.all(pulls.map(delivery))).map(({ event }) => event)).toEqual(['a', 'b']);
  });

  it('settles an event by ack', async () => {
    const { stream } = open();
    const pull = stream.next();
    const handled = watched(stream.handle('a', handlerContext()));
    const { ack } = await delivery(pull);
    expect(await handled.now()).toBe('pending');
    ack();
    expect(await handled.now()).toBe('settled');
  });

  it('fails an event by retry, with the error that was given', async () => {
    const { stream } = open();
    const pull = stream.next();
    const handled = watched(stream.handle('a', handlerContext()));
    const error = new Error('db is down');
    (await delivery(pull)).retry(error);
    expect(await handled.now()).toBe(error);
  });

  it('fails an event for good by deadLetter, whatever was given', async () => {
    for (const error of [new Error('no such order'), 'no such order', new NonRetryableError('no such order')]) {
      const { stream } = open();
      const pull = stream.next();
      const handled = watched(stream.handle('a', handlerContext()));
      (await delivery(pull)).deadLetter(error);
      const failure = await handled.now();
      expect(NonRetryableError.is(failure)).toBe(true);
      expect(failure).toMatchObject({ message: 'no such order' });
      if (NonRetryableError.is(error)) expect(failure).toBe(error);
      else expect(failure).toMatchObject({ cause: error });
    }
  });

  it('takes the first word for a delivery and no other', async () => {
    const { stream, demands } = open();
    const pull = stream.next();
    const handled = watched(stream.handle('a', handlerContext()));
    const one = await delivery(pull);
    one.retry(new Error('first'));
    one.ack();
    one.deadLetter(new Error('third'));
    expect(await handled.now()).toMatchObject({ message: 'first' });
    expect(demands.at(-1)).toBe(0);
  });

  it('takes a delivery back when its signal says so: a late ack has no effect', async () => {
    const { stream, demands } = open();
    const pull = stream.next();
    const context = handlerContext();
    const handled = watched(stream.handle('a', context));
    const { ack } = await delivery(pull);
    const lost = new Error('lane lost');
    context.abort(lost);
    ack();
    expect(await handled.now()).toBe(lost);
    expect(demands.at(-1)).toBe(0);
  });

  it('hands nothing out that was taken back already', async () => {
    const { stream, demands } = open();
    const pull = watch(stream.next());
    const context = handlerContext();
    const lost = new Error('lane lost');
    context.abort(lost);
    const handled = watched(stream.handle('a', context));
    expect(await handled.now()).toBe(lost);
    expect([pull.state, demands.at(-1)]).toEqual(['pending', 1]);
  });

  it('ends for all who wait, and for all who ask later', async () => {
    const { stream } = open();
    const pulls = [stream.next(), stream.next()];
    stream.finish({});
    pulls.push(stream.next());
    expect(await Promise.all(pulls)).toEqual(Array.from({ length: 3 }, () => ({ done: true, value: undefined })));
  });

  it('throws the error that ended the consumer once, to who waits longest, or to the next who asks', async () => {
    const error = new Error('unauthorized');
    const waited = open().stream;
    const pulls = [waited.next(), waited.next()];
    waited.finish({ error });
    expect(await Promise.allSettled(pulls)).toEqual([
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: { done: true, value: undefined } },
    ]);

    const later = open().stream;
    later.finish({ error });
    await expect(later.next()).rejects.toBe(error);
    expect(await later.next()).toEqual({ done: true, value: undefined });
  });

  it('closes the consumer when its loop is left, and ends', async () => {
    const { stream, closes } = open();
    queueMicrotask(() => void stream.handle('a', handlerContext()));
    for await (const { ack } of stream) {
      ack();
      break;
    }
    expect(closes()).toBe(1);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('asks for nothing any more when it is left, before the consumer closes', async () => {
    const told: (number | 'closed')[] = [];
    const stream = new DeliveryStream<string>(
      (deliveries) => void told.push(deliveries),
      async () => void told.push('closed'),
    );
    const waiting = stream.next();
    await stream.return();
    expect(told).toEqual([1, 0, 'closed']);
    expect(await waiting).toEqual({ done: true, value: undefined });
  });
});

describe('a stream of an engine', () => {
  it('starts what is asked for, and keeps order in a key', async () => {
    const { stream, assign, clock } = openStream();
    const lane = await assign('a1', 'a2', 'b1');
    const first = await delivery(stream.next());
    expect(first.event).toBe('a1');
    const second = await delivery(stream.next());
    expect(second.event).toBe('b1');
    const third = watch(stream.next());
    await settled();
    expect(third.state).toBe('pending');
    first.ack();
    second.ack();
    await settled();
    expect(third.state).toBe('resolved');
    await clock.advance(200);
    expect(lane.commits).toEqual(['a1']);
  });

  it('brings an event again that nobody settled in time', async () => {
    const { stream, assign, clock } = openStream();
    await assign('a1', 'a2');
    const forgotten = await delivery(stream.next());
    const next = stream.next();
    await clock.advance(30_000 + 100);
    const again = await delivery(next);
    expect([again.event, again.context.attempt]).toEqual(['a1', 2]);
    forgotten.ack();
    again.ack();
    expect((await delivery(stream.next())).event).toBe('a2');
  });
});

function open() {
  const demands: number[] = [];
  let closed = 0;
  const stream = new DeliveryStream<string>(
    (deliveries) => void demands.push(deliveries),
    async () => void closed++,
  );
  return { stream, demands, closes: () => closed };
}

function openStream() {
  const clock = new ManualClock();
  const stream: DeliveryStream<string> = new DeliveryStream(
    (deliveries) => test.engine.demand(deliveries),
    () => test.engine.close(1_000),
  );
  const test = openEngine({}, { clock, process: (stored, context) => stream.handle(stored.position, context) });
  test.engine.demand(0);
  return { ...test, stream, clock };
}

async function delivery(pull: Promise<IteratorResult<Delivery<string>, undefined>>): Promise<Delivery<string>> {
  const { value } = await pull;
  if (value === undefined) throw new Error('the stream has ended');
  return value;
}

/** What became of a handler's promise: `pending`, `settled`, or its error. */
function watched(result: unknown): { readonly now: () => Promise<unknown> } {
  let state: unknown = 'pending';
  Promise.resolve(result).then(
    () => (state = 'settled'),
    (error: unknown) => (state = error),
  );
  return {
    now: async () => {
      await settled();
      return state;
    },
  };
}
