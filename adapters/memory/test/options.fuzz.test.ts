import { createStreams, defineTopic, StreamError } from '@isostream/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const;
const orders = defineTopic('orders', { events: { placed: schema }, key: () => 'k', partitions: 1 });
const bytes = defineTopic('bytes', { raw: true, partitions: 1 });

/** Anything that a program in JavaScript can give. */
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true }),
  fc.constantFrom(null, undefined, Number.NaN, -1, '', '5m', {}, [], Symbol('s'), new Map([['0', '7']])),
);

/** An object of known and unknown names, over what would be right. */
function given(right: object, ...names: readonly string[]): fc.Arbitrary<unknown> {
  const entries = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 4 })), anything), {
    maxLength: 3,
  });
  return fc.oneof(
    { arbitrary: entries.map((list) => ({ ...right, ...Object.fromEntries(list) })), weight: 9 },
    { arbitrary: anything, weight: 1 },
  );
}

function call(owner: object, name: string, ...values: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(owner, name);
  if (typeof method !== 'function') throw new Error(`no function ${name}`);
  return Reflect.apply(method, owner, values);
}

/** Whether a call works, or says by an error of ours why not. */
async function isClear(run: () => unknown): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (!StreamError.is(error)) throw error;
    expect(error.code).not.toBe('internal');
    return true;
  }
}

const processing = ['concurrency', 'ordering', 'maxInFlight', 'maxSpan', 'handlerTimeout', 'retry', 'drainTimeout'];
const storage = ['partitions', 'retention', 'compaction', 'replication', 'maxEventBytes', 'storedTime', 'raw'];

describe('whatever is given', () => {
  it('as options of a topic is taken or refused', async () => {
    const options = given({ events: { placed: schema }, key: null }, 'events', 'key', ...storage);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.constant('orders'), anything), options, (name, value) =>
        isClear(() => call({ defineTopic }, 'defineTopic', name, value)),
      ),
    );
  });

  it.each([
    ['producer', {}, ['maxBuffered', 'maxBlock', 'deliveryTimeout', 'linger', 'backoff', 'afterFailure']],
    [
      'consumer',
      { group: 'g' },
      [...processing, 'group', 'from', 'onFailure', 'onUnknownType', 'onExpired', 'clientId'],
    ],
    ['replay', { from: 'earliest' }, [...processing, 'from', 'to', 'key']],
    ['redrive', { group: 'g', dryRun: true }, ['where', 'dryRun', 'maxRedrives', 'signal']],
  ] as const)('as options of a %s is taken or refused', async (name, right, names) => {
    await using streams = await createStreams({ adapter: createMemory(), topics: [orders] });
    await streams.admin.ensure(defineTopic('orders.g.dlq', { raw: true, partitions: 1 }));
    const used = fc.readConfigureGlobal().numRuns ?? 100;
    await fc.assert(
      fc.asyncProperty(given(right, ...names), (options) => isClear(() => call(streams, name, orders, options))),
      { numRuns: Math.ceil(used / 4) },
    );
  });

  it('as an event is stored or refused', async () => {
    await using streams = await createStreams({ adapter: createMemory(), topics: [orders, bytes] });
    const [typed, raw] = [streams.producer(orders), streams.producer(bytes)];
    const fields = ['type', 'data', 'id', 'time', 'subject', 'source', 'dataSchema', 'extensions', 'headers', 'key'];
    await fc.assert(
      fc.asyncProperty(
        given({ type: 'placed', data: 1 }, ...fields),
        given({ key: 'k', value: null }, 'key', 'value', 'headers', 'time'),
        async (event, bare) =>
          (await isClear(() => call(typed, 'send', event))) && (await isClear(() => call(raw, 'send', bare))),
      ),
    );
  });
});
