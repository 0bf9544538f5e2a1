import { createStreams, defineTopic, type DeadLetter, type Streams } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const orders = defineTopic('orders', { raw: true, partitions: 1 });
const options = { group: 'g', retry: { attempts: 2, backoff: { initial: 0 } }, handlerTimeout: 10 } as const;

const withThrowing = (property: string): object =>
  Object.defineProperty(new Error('hidden'), property, {
    get() {
      throw new Error('a getter');
    },
  });
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
const trap = (): never => {
  throw new Error('a trap');
};
const hostile = new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap });

const thrown: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a symbol', Symbol('s')],
  ['an object without text', { toString: 1 }],
  ['an object without a prototype', Object.create(null)],
  ['an error whose message throws', withThrowing('message')],
  ['an error whose code throws', withThrowing('code')],
  ['an error whose name throws', withThrowing('name')],
  ['an error whose message is no text', Object.assign(new Error('x'), { message: { toString: 1 } })],
  ['an object that claims to be an error of ours', { [Symbol.for('isostream.StreamError')]: true }],
  ['a hostile proxy', hostile],
  ['a revoked proxy', revoked],
];

type Step = (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => void;
const yes: Step = (resolve) => resolve(1);
const no: Step = (_, reject) => reject(new Error('no'));
const then = ['th', 'en'].join('');
/** A thenable that does all of this when it is asked. */
const doing = (...steps: Step[]): object => ({
  [then](...asked: Parameters<Step>) {
    for (const step of steps) step(...asked);
  },
});

const returned: readonly (readonly [string, () => unknown])[] = [
  ['a thenable whose then throws', () => doing(trap)],
  ['a thenable whose then cannot be read', () => Object.defineProperty({}, then, { get: trap })],
  ['a hostile proxy', () => hostile],
  ['a function with a then that rejects', () => Object.assign(() => undefined, doing(no))],
  ['a thenable that rejects twice', () => doing(no, no)],
  ['a thenable that rejects, then resolves', () => doing(no, yes)],
  ['a thenable that rejects, then throws', () => doing(no, trap)],
  ['a thenable that never settles', () => doing()],
  ['a promise whose constructor throws', () => Object.defineProperty(Promise.resolve(), 'constructor', { get: trap })],
  ['a thenable that resolves with one that throws', () => doing((resolve) => resolve(doing(trap)))],
];

describe('a handler fails once for each attempt, and its event goes to the dead letters, where it', () => {
  it.each(thrown)('throws %s', async (_, value) => {
    expect(await attemptsOf(() => raise(value))).toBe(2);
  });

  it.each(thrown)('rejects with %s', async (_, value) => {
    expect(await attemptsOf(async () => raise(value))).toBe(2);
  });

  it.each(returned)('returns %s', async (_, give) => {
    expect(await attemptsOf(give)).toBe(2);
  });

  it.each(thrown)('throws %s for a batch', async (_, value) => {
    await using streams = await open();
    let calls = 0;
    const consumer = streams.consumer(orders, options);
    const running = consumer.runBatch(
      () => {
        calls++;
        raise(value);
      },
      { maxEvents: 1 },
    );
    await expect.poll(() => list(streams)).toHaveLength(1);
    await consumer.close();
    await running;
    expect(calls).toBe(2);
  });

  it.each(thrown)('gives up a delivery with %s', async (_, value) => {
    await using streams = await open();
    for await (const delivery of streams.consumer(orders, options).stream()) {
      if (delivery.context.attempt === 1) delivery.retry(value);
      else {
        delivery.deadLetter(value);
        break;
      }
    }
    expect(await list(streams)).toMatchObject([{ attempts: 2 }]);
  });
});

describe('a handler settles its event once where it', () => {
  it.each<[string, () => unknown]>([
    ['returns a thenable that resolves twice', () => doing(yes, yes)],
    ['returns a thenable that resolves, then throws', () => doing(yes, trap)],
    ['returns a thenable that resolves, then rejects', () => doing(yes, no)],
    ['returns an object whose then is not a function', () => ({ [then]: 1 })],
  ])('%s', async (_, give) => {
    await using streams = await open();
    let calls = 0;
    const consumer = streams.consumer(orders, options);
    const running = consumer.run(() => {
      calls++;
      return give();
    });
    await expect.poll(() => streams.admin.lag(orders, 'g')).toMatchObject([{ events: 0 }]);
    await consumer.close();
    await running;
    expect(calls).toBe(1);
    expect(await list(streams)).toEqual([]);
  });
});

async function attemptsOf(handler: () => unknown): Promise<number> {
  await using streams = await open();
  let calls = 0;
  const consumer = streams.consumer(orders, options);
  const running = consumer.run(() => {
    calls++;
    return handler();
  });
  await expect.poll(() => list(streams)).toHaveLength(1);
  await consumer.close();
  await running;
  expect(await list(streams)).toMatchObject([{ attempts: calls, error: { message: expect.any(String) } }]);
  return calls;
}

async function open(): Promise<Streams> {
  const streams = await createStreams({ adapter: createMemory(), topics: [orders] });
  await streams.producer(orders).send({ key: 'k', value: Buffer.from('v') });
  return streams;
}

async function list(streams: Streams): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for await (const letter of streams.deadLetters(orders, { group: 'g' })) found.push(letter);
  return found;
}

function raise(value: unknown): never {
  throw value;
}
