import { EventHubConsumerClient, EventHubProducerClient, type ReceivedEventData } from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { createStreams, defineTopic, StreamError } from '@isostream/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Feed } from '../src/consume/feed.ts';
import { after, beginning } from '../src/position.ts';
import { resolveOptions } from '../src/settings.ts';
import { Wire } from '../src/client/wire.ts';
import { TestNamespace, until } from './support/namespace.ts';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

let hubs = 0;

/** A hub of its own with so many events in partition 0, sent by Microsoft's client. */
async function hubWith(events: number, settings: { readonly partitions?: number } = {}): Promise<string> {
  const hub = `hub-${++hubs}`;
  namespace.server.createHub(hub, { partitions: 1, ...settings });
  await sendTo(hub, events);
  return hub;
}

async function sendTo(hub: string, events: number, start = 0): Promise<void> {
  const client = new EventHubProducerClient(namespace.server.connectionString, hub);
  const bodies = Array.from({ length: events }, (_, index) => ({ body: Buffer.from(String(start + index)) }));
  if (events > 0) await client.sendBatch(bodies, { partitionId: '0' });
  await client.close();
}

function topicOf(hub: string) {
  return defineTopic(hub, { raw: true });
}

/** What a group reads until it has seen so many events. */
async function readBy(hub: string, group: string, events: number, from: 'earliest' | 'latest' | Date = 'earliest') {
  const streams = await namespace.streams();
  const seen: string[] = [];
  const consumer = streams.consumer(topicOf(hub), { group, from });
  const running = consumer.run(({ value }) => void seen.push(Buffer.from(value ?? []).toString()));
  await until(() => seen.length >= events);
  await streams.close();
  await running;
  return seen;
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index));

function feedOn(hub: string, prefetchEvents: number): { readonly feed: Feed; close(): Promise<void> } {
  const wire = new Wire(resolveOptions({ connectionString: namespace.server.connectionString }));
  const feed = new Feed({
    wire,
    hub,
    consumerGroup: '$Default',
    partition: '0',
    ownerLevel: undefined,
    reader: 'test',
    filter: after(beginning),
    expected: 0,
    prefetchEvents,
    prefetchBytes: 100_000_000,
    stolen: async () => undefined,
    unknownOffset: async (expected) => ({ filter: after(beginning), expected }),
  });
  return {
    feed,
    async close() {
      feed.close();
      await wire.close();
    },
  };
}

function takeAll(feed: Feed): string[] {
  const taken: string[] = [];
  for (let next = feed.peek(); next !== undefined; next = feed.peek()) {
    taken.push(next.kind === 'event' ? Buffer.from(next.event.value ?? []).toString() : next.kind);
    feed.shift();
  }
  return taken;
}

describe('a feed', () => {
  it('lets no more lie ready than it was told, however slowly they come', async () => {
    const hub = await hubWith(0);
    const bounded = feedOn(hub, 10);
    const other = feedOn(hub, 1_000);
    const seen: string[] = [];
    for (let sent = 0; sent < 60; sent++) await sendTo(hub, 1, sent);
    await until(() => {
      seen.push(...takeAll(other.feed));
      other.feed.topUp();
      return seen.length === 60;
    });

    // The other one has had everything by now.
    expect(takeAll(bounded.feed)).toEqual(numbers(0, 10));
    const rest: string[] = [];
    await until(() => {
      bounded.feed.topUp();
      rest.push(...takeAll(bounded.feed));
      return rest.length === 50;
    });
    expect(rest).toEqual(numbers(10, 60));
    await Promise.all([bounded.close(), other.close()]);
  });

  it('goes on behind the last event that came, whatever breaks', async () => {
    const hub = await hubWith(0);
    const one = feedOn(hub, 20);
    const { feed } = one;
    const seen: string[] = [];
    const read = (): boolean => {
      seen.push(...takeAll(feed));
      feed.topUp();
      return seen.length > 0;
    };
    for (let round = 0; round < 4; round++) {
      await sendTo(hub, 50, round * 50);
      await until(() => read() && seen.length > round * 50 + 10);
      if (round === 0) namespace.server.dropConnections();
      if (round === 1) namespace.server.detach({ hub });
      if (round === 2) namespace.server.closeConnections();
    }
    await until(() => read() && seen.length >= 200);

    expect(seen).toEqual(numbers(0, 200));
    await one.close();
  });
});

describe('a group', () => {
  it('starts where it was told, and goes on where it was', async () => {
    const hub = await hubWith(10);
    const stored = namespace.server.events(hub, '0');
    await until(() => Date.now() > (stored.at(-1)?.enqueuedMs ?? 0) + 2);
    const middle = new Date();
    await sendTo(hub, 10, 10);

    expect(await readBy(hub, 'from-start', 20)).toEqual(numbers(0, 20));
    expect(await readBy(hub, 'from-time', 10, middle)).toEqual(numbers(10, 20));
    await sendTo(hub, 5, 20);
    expect(await readBy(hub, 'from-start', 5)).toEqual(numbers(20, 25));
    expect(await readBy(hub, 'from-time', 5, 'latest')).toEqual(numbers(20, 25));
  });

  it('leaves its place to Microsoft’s client, and takes it over from there', async () => {
    const hub = await hubWith(10);
    await readBy(hub, 'shared', 10);
    await sendTo(hub, 10, 10);
    const theirs: ReceivedEventData[] = [];
    const client = new EventHubConsumerClient(
      'shared',
      namespace.server.connectionString,
      hub,
      new BlobCheckpointStore(namespace.container),
      { loadBalancingOptions: { updateIntervalInMs: 100 } },
    );
    const subscription = client.subscribe(
      {
        async processEvents(events, context) {
          theirs.push(...events);
          const last = events.at(-1);
          if (last !== undefined) await context.updateCheckpoint(last);
        },
        async processError() {
          // What it could tell is that it was closed.
        },
      },
      { startPosition: { offset: '-1' }, skipParsingBodyAsJson: true, maxBatchSize: 10, maxWaitTimeInSeconds: 1 },
    );
    await until(() => theirs.length === 10);
    await subscription.close();
    await client.close();
    await sendTo(hub, 3, 20);

    expect(theirs.map(({ body }) => String(body))).toEqual(numbers(10, 20));
    expect(await readBy(hub, 'shared', 3)).toEqual(numbers(20, 23));
  });

  it('learns from the service itself that another owner came', async () => {
    const hub = await hubWith(1);
    const streams = await namespace.streams({ sessionTimeout: '60s' });
    let reason: unknown;
    let isRunning = false;
    const running = streams.consumer(topicOf(hub), { group: 'robbed', from: 'earliest' }).run(
      (_, { signal }) =>
        new Promise<void>((resolve) => {
          isRunning = true;
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve();
          });
        }),
    );
    await until(() => isRunning);
    const blob = namespace.container.getBlockBlobClient(`127.0.0.1/${hub}/robbed/checkpoint/0`);
    const { metadata = {} } = await blob.getProperties();
    const lease = JSON.parse(metadata['isostream'] ?? '{}') as { counter: number };
    const [counter, token] = [lease.counter + 1, lease.counter + 1];
    const isostream = JSON.stringify({ ...lease, counter, token, owner: 'thief' });
    await blob.setMetadata({ ...metadata, isostream });
    const thief = new EventHubConsumerClient('robbed', namespace.server.connectionString, hub);
    const since = performance.now();
    const theft = thief.subscribe(
      '0',
      { processEvents: async () => undefined, processError: async () => undefined },
      { ownerLevel: token, startPosition: { offset: '-1' } },
    );

    await until(() => reason !== undefined);
    expect(reason).toMatchObject({ code: 'lease-lost' });
    // A renewal would have come after twenty seconds.
    expect(performance.now() - since).toBeLessThan(15_000);
    await theft.close();
    await thief.close();
    await streams.close();
    await running;
  });

  it('is told of what retention removed, and of a hub that was made anew', async () => {
    const hub = await hubWith(10);
    await readBy(hub, 'g', 10);
    await sendTo(hub, 20, 10);
    namespace.server.trim(hub, '0', 25);
    const streams = await namespace.streams();
    const seen: string[] = [];
    const error = await streams
      .consumer(topicOf(hub), { group: 'g' })
      .run(({ value }) => void seen.push(Buffer.from(value ?? []).toString()))
      .catch((thrown: unknown) => thrown);
    await streams.close();
    expect(error).toMatchObject({ code: 'position-expired' });
    expect(seen).toEqual([]);

    namespace.server.deleteHub(hub);
    namespace.server.createHub(hub, { partitions: 1 });
    await sendTo(hub, 3, 100);
    expect(await readBy(hub, 'g', 3)).toEqual(numbers(100, 103));
  });

  it('refuses to share a consumer group with another', async () => {
    const hub = await hubWith(1);
    await readBy(hub, 'one', 1);
    const streams = await namespace.streams({ consumerGroup: () => 'one' });

    await expect(streams.consumer(topicOf(hub), { group: 'two' }).run(() => undefined)).rejects.toMatchObject({
      code: 'conflict',
    });
    await streams.close();
  });

  it('without a consumer group learns which command makes one', async () => {
    const hub = await hubWith(1);
    const { createEventHubs } = await import('./support/open.ts');
    const { connectionString } = namespace.server;
    const adapter = createEventHubs({ connectionString, checkpoints: { container: namespace.container } });
    const streams = await createStreams({ adapter, topics: [] });

    await expect(
      streams.consumer(topicOf(hub), { group: 'nobody', onFailure: 'skip' }).run(() => undefined),
    ).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('az eventhubs eventhub consumer-group create') as string,
    });
    await streams.close();
  });

  it('that takes the place of replays is told so', async () => {
    const hub = await hubWith(3);
    const streams = await namespace.streams({ consumerGroup: () => '$Default' });
    const seen: unknown[] = [];
    const running = streams
      .consumer(topicOf(hub), { group: 'all', from: 'earliest' })
      .run((event) => void seen.push(event));
    await until(() => seen.length === 3);

    await expect(streams.replay(topicOf(hub), { from: 'earliest' }).run(() => undefined)).rejects.toMatchObject({
      code: 'conflict',
    });
    await streams.close();
    await running;
  });

  it('needs to be told where to keep its positions', async () => {
    const hub = await hubWith(0);
    const { createEventHubs } = await import('./support/open.ts');
    const adapter = createEventHubs({ connectionString: namespace.server.connectionString });

    expect(() => adapter.createSource({ topic: hub, group: 'g', from: 'earliest', clientId: 'c' })).toThrow(
      'checkpoints is not given',
    );
    await adapter.close();
  });
});

describe('without a management', () => {
  it('hubs are described, and whatever would change them names the command that does it', async () => {
    const hub = await hubWith(3, { partitions: 2 });
    const { createEventHubs } = await import('./support/open.ts');
    const adapter = createEventHubs({ connectionString: namespace.server.connectionString });
    const { admin, capabilities } = adapter;

    expect(await admin.describeTopic(hub)).toEqual({ name: hub, partitions: 2, partitionNames: ['0', '1'] });
    expect(await admin.describeTopic('missing')).toBeUndefined();
    expect(capabilities).toMatchObject({ reshard: 'none', retention: { mutable: false } });
    const refused = async (call: () => Promise<unknown>): Promise<string> => {
      const thrown = await call().catch((error: unknown) => StreamError.from(error, 'test'));
      return thrown instanceof StreamError && thrown.code === 'unsupported' ? thrown.message : 'not refused';
    };
    expect(await refused(() => admin.createTopic('new', { partitions: 3, retentionMs: 7_200_000 }))).toContain(
      'az eventhubs eventhub create --name new --partition-count 3 --cleanup-policy Delete --retention-time 2',
    );
    expect(await refused(() => admin.alterTopic(hub, { partitions: 3 }))).toContain('az eventhubs eventhub update');
    expect(await refused(() => admin.deleteTopic(hub))).toContain('az eventhubs eventhub delete');
    expect(await refused(() => admin.listTopics())).toContain('az eventhubs eventhub list');
    await adapter.close();
  });
});
