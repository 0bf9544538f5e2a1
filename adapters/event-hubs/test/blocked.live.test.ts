import { defineTopic } from '@isostream/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNamespace, until } from './support/namespace.ts';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

/** Nothing of this process goes on meanwhile. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('a process that was blocked', () => {
  it.each([
    ['when its producer has closed', '5s'],
    ['for longer than it waits for answers', '500ms'],
  ] as const)('goes on, also %s', async (_, requestTimeout) => {
    const hub = `blocked-${requestTimeout}`;
    for (const name of [hub, `${hub}.g.dlq`])
      namespace.server.createHub(name, { partitions: 1, consumerGroups: ['g'] });
    const topic = defineTopic(hub, { raw: true });
    await using streams = await namespace.streams({ requestTimeout });
    const producer = streams.producer(topic);
    await producer.send({ key: 'k', value: Buffer.from('a') });
    const closing = producer.close();
    block(1_000);
    await closing;
    block(1_000);
    const seen: unknown[] = [];
    const running = streams.consumer(topic, { group: 'g', from: 'earliest' }).run((event) => void seen.push(event));
    let error: unknown;
    running.catch((thrown: unknown) => (error = thrown));
    await until(() => seen.length === 1 || error !== undefined);
    block(1_000);
    const other = streams.producer(topic);
    await other.send({ key: 'k', value: Buffer.from('b') });
    await until(() => seen.length === 2 || error !== undefined);

    expect(error).toBeUndefined();
  });
});
