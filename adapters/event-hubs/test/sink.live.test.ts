import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EncodedEvent, Sink, Written } from '@isostream/core/adapter';
import { defineTopic, StreamError } from '@isostream/core';
import type { WriteFault } from '@isostream/event-hubs-emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hubs } from '../src/hubs.ts';
import { resolveOptions } from '../src/settings.ts';
import { EventHubsSink } from '../src/produce/sink.ts';
import { Wire } from '../src/client/wire.ts';
import { TestNamespace } from './support/namespace.ts';

const { signal } = new AbortController();
let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

let names = 0;

interface Rig extends AsyncDisposable {
  readonly hub: string;
  readonly sink: Sink;
}

async function rig(): Promise<Rig> {
  const hub = `sink-${++names}`;
  namespace.server.createHub(hub, { partitions: 4 });
  const options = { connectionString: namespace.server.connectionString, requestTimeout: '2s' } as const;
  const wire = new Wire(resolveOptions(options));
  const hubs = new Hubs(resolveOptions(options), wire);
  const sink = new EventHubsSink(hubs, wire, hub);
  await sink.open(signal);
  const close = async (): Promise<void> => {
    await sink.close();
    await Promise.all([hubs.close(), wire.close()]);
  };
  return { hub, sink, [Symbol.asyncDispose]: close };
}

function event(key: string | null, value = 'x'): EncodedEvent {
  return { key, value: Buffer.from(value), headers: [] };
}

async function write(sink: Sink, batch: { lane: string; events: readonly EncodedEvent[] }, by = signal) {
  const [result] = await sink.write(sink.route(batch.lane), [batch], by);
  return result ?? [];
}

function errorOf(result: readonly Written[] | StreamError): StreamError | undefined {
  return StreamError.is(result) ? result : undefined;
}

describe('a sink', () => {
  it('writes to the partition that the service gives a key', async () => {
    await using one = await rig();
    for (const key of ['a', 'b', '', 'key ☺', 'TheBestParitionEver']) {
      const lane = one.sink.lane(event(key));
      const before = namespace.server.events(one.hub, lane).length;

      expect(await write(one.sink, { lane, events: [event(key), event(key)] })).toEqual([
        { partition: lane, position: undefined },
        { partition: lane, position: undefined },
      ]);
      expect(namespace.server.events(one.hub, lane)).toHaveLength(before + 2);
    }
    // "TheBestParitionEver" of four is 2, by the service's own code.
    expect(one.sink.lane(event('TheBestParitionEver'))).toBe('2');
    expect(new Set(Array.from({ length: 8 }, () => one.sink.lane(event(null)))).size).toBe(4);
  });

  it.each<[string, WriteFault, string, 'not-written' | 'unknown', number]>([
    ['a busy service', { kind: 'reject', condition: 'com.microsoft:server-busy' }, 'throttled', 'not-written', 0],
    ['a missing claim', { kind: 'reject', condition: 'amqp:unauthorized-access' }, 'unavailable', 'not-written', 0],
    ['a failure of the service', { kind: 'reject', condition: 'amqp:internal-error' }, 'unavailable', 'unknown', 0],
    ['silence', { kind: 'ignore' }, 'timeout', 'unknown', 0],
    ['an answer that is late', { kind: 'accept-late', ms: 2_500 }, 'timeout', 'unknown', 1],
    ['a connection that breaks before', { kind: 'drop-before-store' }, 'unavailable', 'unknown', 0],
    ['a connection that breaks after', { kind: 'store-then-drop' }, 'unavailable', 'unknown', 1],
  ])('says of %s what is known', async (_, fault, code, outcome, stored) => {
    await using one = await rig();
    namespace.server.addWriteFault({ hub: one.hub, times: 1, fault });
    const batch = { lane: '0', events: [event('k', 'first')] };
    const failed = errorOf(await write(one.sink, batch));

    expect(failed).toMatchObject({ code, outcome });
    expect(namespace.server.events(one.hub, '0')).toHaveLength(stored);
    // The same batch again, whole; then what comes behind it.
    expect(errorOf(await write(one.sink, batch))).toBeUndefined();
    expect(errorOf(await write(one.sink, { lane: '0', events: [event('k', 'second')] }))).toBeUndefined();
    expect(namespace.server.events(one.hub, '0')).toHaveLength(stored + 2);
  });

  it('sends many small events with many short headers in as few requests as they fit into', async () => {
    const hub = 'short-headers';
    namespace.server.createHub(hub, { partitions: 1 });
    const requests: unknown[] = [];
    const listen = (message: unknown): void => void requests.push(message);
    const headers = Array.from({ length: 64 }, (_, index) => [`h${index}`, String(index)] as const);
    await using streams = await namespace.streams();
    const producer = streams.producer(defineTopic(hub, { raw: true }));
    await producer.send({ key: 'k', value: Buffer.from('x') });
    subscribe('isostream:produce:batch', listen);
    const results = await producer.sendBatch(
      Array.from({ length: 3_000 }, () => ({ key: 'k', value: Buffer.from('x'), headers })),
    );
    unsubscribe('isostream:produce:batch', listen);

    expect(results.filter((result) => StreamError.is(result))).toEqual([]);
    expect(namespace.server.events(hub, '0')).toHaveLength(3_001);
    // A thousand events make a full request.
    expect(requests).toHaveLength(3);
  });

  it('notices at once that its connection is gone', async () => {
    await using one = await rig();
    namespace.server.addWriteFault({ hub: one.hub, times: 1, fault: { kind: 'store-then-drop' } });
    const since = performance.now();

    expect(errorOf(await write(one.sink, { lane: '0', events: [event('k')] }))).toMatchObject({ outcome: 'unknown' });
    expect(performance.now() - since).toBeLessThan(1_000);
  });

  it('refuses a batch that does not fit, before anything is sent', async () => {
    await using one = await rig();
    const big = { lane: '0', events: [event('k', 'x'.repeat(600_000)), event('k', 'x'.repeat(600_000))] };

    expect(errorOf(await write(one.sink, big))).toMatchObject({ code: 'event-too-large', outcome: 'not-written' });
    expect(namespace.server.events(one.hub, '0')).toHaveLength(0);
    const largest = { lane: '0', events: [event('k', 'x'.repeat(one.sink.maxEventBytes - 1))] };
    expect(errorOf(await write(one.sink, largest))).toBeUndefined();
  });

  it('lets go when it is told to', async () => {
    await using one = await rig();
    namespace.server.addWriteFault({ hub: one.hub, times: 1, fault: { kind: 'ignore' } });
    const since = performance.now();

    const failed = errorOf(await write(one.sink, { lane: '0', events: [event('k')] }, AbortSignal.timeout(100)));
    expect(failed).toMatchObject({ code: 'aborted', outcome: 'unknown' });
    expect(performance.now() - since).toBeLessThan(1_000);
  });
});
