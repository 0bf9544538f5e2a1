import type { EncodedEvent } from '@isostream/core/adapter';
import { StreamError } from '@isostream/core';
import { TcpProxy } from '@isostream/fault-injection';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Feed } from '../src/consume/feed.ts';
import { after, beginning } from '../src/position.ts';
import { Hubs } from '../src/hubs.ts';
import { LeaseStores } from '../src/leases/lease-stores.ts';
import { resolveOptions } from '../src/settings.ts';
import { EventHubsSink } from '../src/produce/sink.ts';
import { Wire } from '../src/client/wire.ts';
import { TestNamespace, until } from './support/namespace.ts';
import { startStorage, type Storage } from './support/storage.ts';

const { signal } = new AbortController();
const requestTimeoutMs = 1_000;
/** With what it takes to connect again, on a machine that is busy; the client itself gives up after 120 s. */
const atMostMs = requestTimeoutMs + 10_000;

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

let names = 0;

/** A hub, reached over a connection that can become half open, and over one that cannot. */
class Rig implements AsyncDisposable {
  readonly hub: string = `half-open-${++names}`;
  readonly proxy: TcpProxy;
  readonly wire: Wire;
  readonly hubs: Hubs;
  readonly sink: EventHubsSink;
  readonly feeds: Feed[] = [];

  private constructor(proxy: TcpProxy) {
    namespace.server.createHub(this.hub, { partitions: 2 });
    const { connectionString, port } = namespace.server;
    const settings = resolveOptions({
      connectionString: connectionString.replace(`:${port}`, `:${proxy.port}`),
      requestTimeout: requestTimeoutMs,
    });
    this.proxy = proxy;
    this.wire = new Wire(settings);
    this.hubs = new Hubs(settings, this.wire);
    this.sink = new EventHubsSink(this.hubs, this.wire, this.hub);
  }

  static async start(): Promise<Rig> {
    const rig = new Rig(await TcpProxy.listen({ to: namespace.server.port }));
    await rig.sink.open(signal);
    return rig;
  }

  /** What a write to a partition failed with. */
  async write(partition: string, value: string): Promise<StreamError | undefined> {
    const events: EncodedEvent[] = [{ key: 'k', value: Buffer.from(value), headers: [] }];
    const [result] = await this.sink.write(partition, [{ lane: partition, events }], signal);
    return StreamError.is(result) ? result : undefined;
  }

  feed(): Feed {
    const feed = new Feed({
      wire: this.wire,
      hub: this.hub,
      consumerGroup: '$Default',
      partition: '0',
      ownerLevel: undefined,
      reader: 'test',
      filter: after(beginning),
      expected: 0,
      prefetchEvents: 10,
      prefetchBytes: 1_000_000,
      stolen: async () => undefined,
      unknownOffset: async (expected) => ({ filter: after(beginning), expected }),
    });
    this.feeds.push(feed);
    return feed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const feed of this.feeds) feed.close();
    await this.sink.close();
    await Promise.all([this.hubs.close(), this.wire.close()]);
    await this.proxy.close();
  }
}

/** Fails the same way until it works; how long that took. */
async function untilWorks(attempt: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  for (;;) {
    try {
      await attempt();
      return performance.now() - since;
    } catch (thrown) {
      expect(StreamError.from(thrown, 'test')).toMatchObject({ retryable: true });
    }
  }
}

describe('a connection whose other end is gone without a word', () => {
  it('is given up by who sends, and the batch is stored over another one', async () => {
    await using rig = await Rig.start();
    expect(await rig.write('0', 'before')).toBeUndefined();
    rig.proxy.halfOpen();

    const outcomes = new Set<unknown>();
    const tookMs = await untilWorks(async () => {
      const error = await rig.write('0', 'after');
      if (error === undefined) return;
      outcomes.add(error.outcome);
      throw error;
    });
    expect([...outcomes]).toEqual(['unknown']);
    expect(tookMs).toBeLessThan(atMostMs);
    expect(namespace.server.events(rig.hub, '0')).toHaveLength(2);
    expect([rig.proxy.abandoned, rig.proxy.connections]).toEqual([1, 2]);
  });

  it('is given up by who only reads', async () => {
    await using rig = await Rig.start();
    await using other = await Rig.start();
    const feed = rig.feed();
    await rig.write('0', 'before');
    await until(() => feed.peek() !== undefined);
    feed.shift();
    const attached = rig.proxy.connections;
    rig.proxy.halfOpen();
    const since = performance.now();

    // From a producer of its own: nobody sends anything over the connection that is gone.
    await sendDirectly(other, rig.hub);
    await until(() => feed.peek() !== undefined);
    expect(performance.now() - since).toBeLessThan(atMostMs);
    expect(feed.peek()).toMatchObject({ kind: 'event', sequenceNumber: 1 });
    expect([rig.proxy.abandoned, rig.proxy.connections]).toEqual([attached, attached + 1]);
  });

  it('is given up by who asks what a hub is, and by who claims another one', async () => {
    await using rig = await Rig.start();
    rig.proxy.halfOpen();
    expect(await untilWorks(() => rig.hubs.hub(rig.hub, signal))).toBeLessThan(atMostMs);
    rig.proxy.halfOpen();
    expect(await untilWorks(() => rig.wire.write(rig.hub, '1', signal))).toBeLessThan(atMostMs);
    expect([rig.proxy.abandoned, rig.proxy.connections]).toEqual([2, 3]);
  });
});

async function sendDirectly(rig: Rig, hub: string): Promise<void> {
  const sink = new EventHubsSink(rig.hubs, rig.wire, hub);
  await sink.open(signal);
  await sink.write('0', [{ lane: '0', events: [{ key: 'k', value: Buffer.from('x'), headers: [] }] }], signal);
  await sink.close();
}

describe('a connection that lives', () => {
  it('is kept while nobody has anything to say', async () => {
    await using rig = await Rig.start();
    await new Promise((resolve) => setTimeout(resolve, requestTimeoutMs * 3));

    expect(await rig.write('0', 'still there')).toBeUndefined();
    expect([rig.proxy.abandoned, rig.proxy.connections]).toEqual([0, 1]);
  });

  it('is kept when a batch has no answer, and what others wait for on it comes', async () => {
    await using rig = await Rig.start();
    const feed = rig.feed();
    namespace.server.addWriteFault({ hub: rig.hub, partition: '0', times: 1, fault: { kind: 'ignore' } });
    const ignored = rig.write('0', 'ignored');

    expect(await rig.write('1', 'other')).toBeUndefined();
    expect(await ignored).toMatchObject({ code: 'timeout', outcome: 'unknown' });
    expect(await rig.write('0', 'ignored')).toBeUndefined();
    await until(() => feed.peek() !== undefined);
    expect([rig.proxy.abandoned, rig.proxy.connections]).toEqual([0, 1]);
  });
});

describe('a connection to storage whose other end is gone without a word', () => {
  let storage: Storage;
  beforeAll(async () => {
    storage = await startStorage();
  });
  afterAll(() => storage[Symbol.asyncDispose]());

  it('is given up by who prepares the container, and by who looks for groups', async () => {
    const { azurite } = storage;
    const port = azurite.server?.port ?? 0;
    await using proxy = await TcpProxy.listen({ to: port });
    const connectionString = azurite.connectionString.replaceAll(`:${port}`, `:${proxy.port}`);
    const stores = new LeaseStores(
      resolveOptions({
        connectionString: namespace.server.connectionString,
        checkpoints: { connectionString, container: 'half-open' },
        requestTimeout: requestTimeoutMs,
      }),
    );
    await stores.prepare(signal);
    const hub = { name: 'orders', createdOn: new Date() };
    for (const call of [
      () => stores.prepare(signal),
      () => stores.exists(signal),
      () => stores.groups(hub),
      () => stores.of(hub, 'g').list(signal),
      () => stores.of(hub, 'g').read('0', signal),
    ]) {
      proxy.halfOpen();
      expect(await untilWorks(call)).toBeLessThan(atMostMs);
    }
  });

  it('takes those that nobody uses with it, which are gone as well', async () => {
    const { azurite } = storage;
    const port = azurite.server?.port ?? 0;
    await using proxy = await TcpProxy.listen({ to: port });
    const connectionString = azurite.connectionString.replaceAll(`:${port}`, `:${proxy.port}`);
    const stores = new LeaseStores(
      resolveOptions({
        connectionString: namespace.server.connectionString,
        checkpoints: { connectionString, container: 'half-open' },
        requestTimeout: requestTimeoutMs,
      }),
    );
    await Promise.all(Array.from({ length: 5 }, () => stores.exists(signal)));
    expect(proxy.connections).toBe(5);
    proxy.halfOpen();
    const failures: StreamError[] = [];
    while (
      !(await stores.exists(signal).catch((thrown: unknown) => {
        failures.push(StreamError.from(thrown, 'test'));
        return false;
      }))
    );

    expect(failures.map(({ code }) => code)).toEqual(['timeout']);
    expect(proxy.connections).toBe(6);
    stores.close();
  });
});
