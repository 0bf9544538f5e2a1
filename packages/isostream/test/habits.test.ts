import { defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../src/connect.ts';

const orders = defineTopic('orders', { raw: true });
const streams = await connect({ adapter: createMemory(), topics: [orders] });
const producer = streams.producer(orders);
const consumer = streams.consumer(orders, { group: 'billing' });

/** As a program in JavaScript calls it. */
function callUntyped(object: object, name: string | symbol): unknown {
  const call: unknown = Reflect.get(object, name);
  return typeof call === 'function' ? Reflect.apply(call, object, []) : undefined;
}

afterEach(() => streams.close());

describe('a call that other clients have', () => {
  it.each([
    ['producer.connect', producer, 'connect', 'Leave the call out'],
    ['producer.disconnect', producer, 'disconnect', 'Call close()'],
    ['consumer.connect', consumer, 'connect', 'it joins its group with run(), runBatch() or stream()'],
    ['consumer.subscribe', consumer, 'subscribe', 'streams.consumer(topic, …)'],
    ['consumer.on', consumer, 'on', 'Give the handler to run()'],
    ['consumer.disconnect', consumer, 'disconnect', 'Call close()'],
    [
      'for await over a consumer',
      consumer,
      Symbol.asyncIterator,
      'Write: for await (const delivery of consumer.stream())',
    ],
  ] as const)('%s says what to do instead', (_, object, name, cure) => {
    expect(() => callUntyped(object, name)).toThrow(
      expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining(cure) }),
    );
  });

  it('is no part of the types, and shows in no list of members', () => {
    type Typed = Extract<keyof typeof producer | keyof typeof consumer, 'connect' | typeof Symbol.asyncIterator>;
    const isTyped: [Typed] extends [never] ? false : true = false;
    expect([isTyped, Object.keys(producer), Object.keys(consumer)]).toEqual([false, [], ['ready']]);
  });
});

it('an option of a provider that is given beside the topics is named before a provider is looked for', async () => {
  const options = { brokers: ['localhost:9092'], topics: [orders] };
  await expect(connect(options)).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringMatching(/^connect: unknown option brokers\. Valid options: .*\bkafka\b/),
  });
});
