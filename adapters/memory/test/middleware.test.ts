import { createStreams, defineTopic, type Middleware, type RawEvent, type Streams } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const orders = defineTopic('orders', { raw: true, partitions: 1 });

async function open(...middleware: readonly Middleware[]): Promise<Streams> {
  return createStreams({ adapter: createMemory(), topics: [orders], middleware });
}

const event = (key: string, text = key): { key: string; value: Buffer } => ({ key, value: Buffer.from(text) });
const failure = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

async function storedIn(streams: Streams): Promise<readonly string[]> {
  const found: string[] = [];
  const replay = streams.replay(orders, { from: 'earliest' });
  await replay.run(({ value }) => void found.push(String(value)));
  return found;
}

/** How often the handler was called for one event, and how many letters were written. */
async function handled(
  handle: NonNullable<Middleware['handle']>,
  handler: (event: RawEvent) => unknown = () => undefined,
): Promise<{ letters: number; calls: number }> {
  await using streams = await open({ handle });
  await streams.producer(orders).send(event('a'));
  const seen = { letters: 0, calls: 0 };
  const consumer = streams.consumer(orders, {
    ...{ group: 'g', retry: { attempts: 2, backoff: { initial: 0 } }, handlerTimeout: 20 },
  });
  const running = consumer.run((given) => {
    seen.calls++;
    return handler(given);
  });
  for (;;) {
    const [lag] = await streams.admin.lag(orders, 'g');
    if (lag?.events === 0) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await consumer.close();
  await running;
  for await (const _ of streams.deadLetters(orders, { group: 'g' })) seen.letters++;
  return seen;
}

describe('middleware around send', () => {
  it("runs in order: the client's, then the producer's, then the encoding", async () => {
    const steps: string[] = [];
    const step = (name: string): Middleware => ({
      async send(given, next) {
        steps.push(`${name} in`);
        const receipt = await next(given);
        steps.push(`${name} out`);
        return receipt;
      },
    });
    await using streams = await open(step('a'), step('b'));
    const producer = streams.producer(orders, { middleware: [step('c')] });
    await producer.send(event('k'));
    expect(steps).toEqual(['a in', 'b in', 'c in', 'c out', 'b out', 'a out']);
  });

  it('may send another event instead, typed as the topic', async () => {
    await using streams = await open();
    const producer = streams.producer(orders, {
      middleware: [{ send: (given, next) => next({ ...given, value: Buffer.from('sealed') }) }],
    });
    await producer.send(event('k'));
    expect(await storedIn(streams)).toEqual(['sealed']);
  });

  it('keeps the order of the calls, also where it waits for one event and not for the next', async () => {
    let unlock = (): void => undefined;
    const door = new Promise<void>((resolve) => (unlock = resolve));
    await using streams = await open({
      async send(given, next) {
        if (String(Reflect.get(given, 'value')) === 'slow') await door;
        return next();
      },
    });
    const producer = streams.producer(orders);
    const sends = [producer.send(event('k', 'slow')), producer.send(event('k', 'fast'))];
    unlock();
    await Promise.all(sends);
    expect(await storedIn(streams)).toEqual(['slow', 'fast']);
  });

  it('fails the event with what it throws before next, and nothing is written', async () => {
    await using streams = await open({
      send: () => {
        throw new Error('no key');
      },
    });
    expect(await failure(streams.producer(orders).send(event('k')))).toMatchObject({
      code: 'handler-failed',
      outcome: 'not-written',
      message: 'producer: a middleware threw: no key',
    });
    expect(await storedIn(streams)).toEqual([]);
  });

  it('fails the event where it returns without next', async () => {
    await using streams = await open({ send: () => ({ partition: '0', position: '0' }) });
    expect(await failure(streams.producer(orders).send(event('k')))).toMatchObject({
      code: 'invalid-event',
      outcome: 'not-written',
    });
  });

  it('cannot make a failed event a good one, nor a stored one a failed one', async () => {
    const hiding: Middleware = {
      send: async (_, next) => next().catch(() => ({ partition: '0', position: '0' })),
    };
    await using first = await open(hiding);
    // @ts-expect-error no event
    expect(await failure(first.producer(orders).send({ key: 1 }))).toMatchObject({ outcome: 'not-written' });

    const late: Middleware = {
      async send(_, next) {
        await next();
        throw new Error('after the fact');
      },
    };
    await using second = await open(late);
    const told = new Promise<Error>((resolve) => void process.once('warning', resolve));
    expect(await second.producer(orders).send(event('k'))).toHaveProperty('position');
    expect((await told).message).toContain('threw after next()');
  });

  it('sends once, however often next is called, and not after the middleware ended', async () => {
    await using streams = await open({
      async send(_, next) {
        return (await Promise.all([next(), next()]))[0];
      },
    });
    await streams.producer(orders).send(event('k'));
    expect(await storedIn(streams)).toEqual(['k']);
    let keep: () => Promise<unknown> = async () => undefined;
    const producer = streams.producer(orders, {
      middleware: [
        {
          send: (_, next) => {
            keep = next;
            return { partition: '0', position: '0' };
          },
        },
      ],
    });
    await failure(producer.send(event('k')));
    await expect(keep()).rejects.toMatchObject({ code: 'closed' });
  });

  it('that hangs after next keeps no sender for more than a second, however many wait', async () => {
    const hanging: Middleware = {
      send: async (_, next) => {
        await next();
        return new Promise(() => undefined);
      },
    };
    await using streams = await open(hanging);
    const producer = streams.producer(orders);
    const first = producer.send(event('a'));
    const later = first.then(() => Promise.all(['b', 'c'].map((key) => producer.send(event(key)))));
    expect(await first).toHaveProperty('position');
    expect(await later).toHaveLength(2);
    expect(await storedIn(streams)).toEqual(['a', 'b', 'c']);
  });

  it('that answers with what next answers is waited for no longer than the event', async () => {
    const passing: Middleware = { send: (_, next) => next() };
    await using streams = await open(passing);
    await using producer = streams.producer(orders, { middleware: [passing] });
    expect(await producer.send(event('k'))).toHaveProperty('position');
    // @ts-expect-error no event
    expect(await failure(producer.send({ key: 1 }))).toMatchObject({ outcome: 'not-written' });
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    await failure(producer.send({ key: 'k', value: new Uint8Array(30_000_000) }));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', hear);
    expect(unheard).toEqual([]);
  });

  it('that hangs costs its event no more than its time', async () => {
    await using streams = await open({ send: () => new Promise(() => undefined) });
    const producer = streams.producer(orders, { deliveryTimeout: 20 });
    expect(await failure(producer.send(event('k')))).toMatchObject({ code: 'timeout', outcome: 'not-written' });
  });

  it('is refused where it is none', async () => {
    await using streams = await open();
    // @ts-expect-error no function
    expect(() => streams.producer(orders, { middleware: [{ send: 1 }] })).toThrow(/middleware is .* Give an array/);
    // @ts-expect-error no array
    expect(() => streams.consumer(orders, { group: 'g', middleware: {} })).toThrow(/middleware is .* Give an array/);
    // @ts-expect-error no array
    expect(await failure(createStreams({ adapter: createMemory(), topics: [], middleware: 1 }))).toMatchObject({
      code: 'invalid-config',
    });
  });
});

describe('middleware around an attempt', () => {
  const failing = (): never => {
    throw new Error('no');
  };

  it('settles what the handler settled', async () => {
    expect(await handled((_, __, next) => next())).toMatchObject({ calls: 1, letters: 0 });
  });

  it('leaves an event out by not calling next', async () => {
    expect(await handled(() => undefined)).toMatchObject({ calls: 0, letters: 0 });
  });

  it('cannot hide what next threw', async () => {
    expect(await handled((_, __, next) => next().catch(() => undefined), failing)).toMatchObject({
      calls: 2,
      letters: 1,
    });
  });

  it('waits for a handler that nobody waited for', async () => {
    const hidden = (_: unknown, __: unknown, next: () => Promise<void>): void => void next();
    expect(await handled(hidden, async () => failing())).toMatchObject({ calls: 2, letters: 1 });
  });

  it('fails the attempt with what it throws', async () => {
    expect(await handled(failing)).toMatchObject({ calls: 0, letters: 1 });
    expect(await handled((_, __, next) => next().then(failing))).toMatchObject({ calls: 2, letters: 1 });
  });

  it('that hangs is bounded by the timeout of the handler', async () => {
    expect(await handled(() => new Promise(() => undefined))).toMatchObject({ calls: 0, letters: 1 });
  });

  it('calls the handler once for each attempt', async () => {
    expect(await handled(async (_, __, next) => void (await Promise.all([next(), next()])))).toMatchObject({
      calls: 1,
      letters: 0,
    });
  });

  it.each(['run', 'runBatch', 'stream', 'replay'] as const)(
    'reaches %s, and may hand on another event',
    async (view) => {
      await using streams = await open({
        handle: (given, { topic }, next, { provider }) => next({ ...given, headers: { topic, provider } }),
      });
      await streams.producer(orders).send(event('k'));
      let tell: (headers: unknown) => void = () => undefined;
      const told = new Promise((resolve) => (tell = resolve));
      if (view === 'replay') await streams.replay(orders, { from: 'earliest' }).run(({ headers }) => tell(headers));
      else {
        const consumer = streams.consumer(orders, { group: 'g' });
        if (view === 'run') void consumer.run(({ headers }) => tell(headers));
        if (view === 'runBatch') void consumer.runBatch(({ events: [first] }) => tell(first?.headers), { maxWait: 1 });
        if (view === 'stream')
          for await (const { event: given, ack } of consumer.stream()) {
            ack();
            tell(given.headers);
            break;
          }
      }
      expect(await told).toEqual({ topic: 'orders', provider: 'memory' });
    },
  );
});
