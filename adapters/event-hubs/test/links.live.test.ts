import { EventHubConsumerClient } from '@azure/event-hubs';
import { defineTopic, StreamError, type Streams } from '@isostream/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventHubsOptions } from '../src/options.ts';
import { resolveOptions } from '../src/settings.ts';
import { Wire } from '../src/client/wire.ts';
import { TestNamespace, until } from './support/namespace.ts';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

let hubs = 0;

function createHub(): string {
  const hub = `links-${++hubs}`;
  namespace.server.createHub(hub, { partitions: 1, consumerGroups: ['g'] });
  return hub;
}

/** A member of group "g" that reads everything. */
class Member implements AsyncDisposable {
  readonly seen: string[] = [];
  readonly lost: unknown[] = [];
  error: unknown;
  readonly consumer: { readonly assignments: readonly string[] };
  readonly #streams: Streams;
  readonly #running: Promise<void>;

  private constructor(streams: Streams, hub: string) {
    const consumer = streams.consumer(defineTopic(hub, { raw: true }), {
      group: 'g',
      from: 'earliest',
      onFailure: 'skip',
    });
    this.consumer = consumer;
    this.#streams = streams;
    this.#running = consumer
      .run(({ value }, { signal }) => {
        signal.addEventListener('abort', () => this.lost.push(signal.reason));
        this.seen.push(Buffer.from(value ?? []).toString());
      })
      .catch((thrown: unknown) => {
        this.error = thrown;
      });
  }

  static async start(hub: string, change: Partial<EventHubsOptions> = {}): Promise<Member> {
    return new Member(await namespace.streams({ sessionTimeout: '1s', ...change }), hub);
  }

  get isReading(): boolean {
    return this.consumer.assignments.length > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#streams.close();
    await this.#running;
  }
}

async function send(hub: string, text: string): Promise<void> {
  await using streams = await namespace.streams();
  await streams.producer(defineTopic(hub, { raw: true })).send({ key: 'k', value: Buffer.from(text) });
}

describe('a partition that another reader takes by its owner level', () => {
  it('is given up at once, and is a conflict where that reader stays', async () => {
    const hub = createHub();
    await using member = await Member.start(hub);
    await send(hub, 'a');
    await until(() => member.seen.length === 1);
    const theirs = new EventHubConsumerClient('g', namespace.server.connectionString, hub);
    const subscription = theirs.subscribe(
      '0',
      { processEvents: async () => undefined, processError: async () => undefined },
      { ownerLevel: 1_000_000, startPosition: { offset: '-1' } },
    );
    // It may be taken again before this looks: what it was told stays.
    await until(() => !member.isReading);
    await until(() => member.error !== undefined);

    expect(member.error).toMatchObject({ code: 'conflict' });
    const { message } = StreamError.from(member.error, 'test');
    expect(message).toMatch(/partition 0 of topic "links-\d+", group "g".*consumer group of its own/);
    await subscription.close();
    await theirs.close();
  });

  it('is told to two deployments of one group that keep their leases in two containers', async () => {
    const hub = createHub();
    const other = await namespace.newContainer();
    await using one = await Member.start(hub);
    await until(() => one.isReading);
    await using two = await Member.start(hub, { checkpoints: { container: other } });
    await until(() => one.error !== undefined || two.error !== undefined);

    expect(one.error ?? two.error).toMatchObject({ code: 'conflict' });
    const rest = one.error === undefined ? one : two;
    await send(hub, 'a');
    await until(() => rest.seen.length === 1 || rest.error !== undefined);
  });
});

describe('a claim that the service took back', () => {
  it('is made again by readers, once for each', async () => {
    const hub = createHub();
    await using member = await Member.start(hub);
    for (const text of ['a', 'b', 'c']) {
      await send(hub, text);
      await until(() => member.seen.at(-1) === text || member.error !== undefined);
      namespace.server.detach({ hub, role: 'receiver' }, 'amqp:unauthorized-access', 'The token is gone.');
    }
    await send(hub, 'd');
    await until(() => member.seen.length === 4 || member.error !== undefined);

    expect(member.error).toBeUndefined();
    expect(member.seen).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is made again by producers', async () => {
    const hub = createHub();
    await using streams = await namespace.streams();
    const producer = streams.producer(defineTopic(hub, { raw: true }));
    await producer.send({ key: 'k', value: Buffer.from('a') });
    namespace.server.detach({ hub, role: 'sender' }, 'amqp:unauthorized-access', 'The token is gone.');
    await producer.send({ key: 'k', value: Buffer.from('b') });
    const fault = { kind: 'reject', condition: 'amqp:unauthorized-access' } as const;
    namespace.server.addWriteFault({ hub, times: 1, fault });

    await expect(producer.send({ key: 'k', value: Buffer.from('c') })).resolves.toMatchObject({ partition: '0' });
    expect(namespace.server.events(hub, '0')).toHaveLength(3);
  });

  it('ends a producer where it is refused again', async () => {
    const hub = createHub();
    await using streams = await namespace.streams();
    const producer = streams.producer(defineTopic(hub, { raw: true }));
    namespace.server.addWriteFault({ hub, fault: { kind: 'reject', condition: 'amqp:unauthorized-access' } });

    await expect(producer.send({ key: 'k', value: Buffer.from('a') })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('is made again for questions about a hub, and for claims themselves', async () => {
    const hub = createHub();
    const wire = new Wire(resolveOptions({ connectionString: namespace.server.connectionString }));
    const { signal } = new AbortController();
    const takeBack = (of: string): number =>
      namespace.server.detach({ hub: of, role: 'requests' }, 'amqp:unauthorized-access', 'The token is gone.');
    await wire.ask(hub, undefined, signal);

    expect(takeBack(hub)).toBe(1);
    await expect(wire.ask(hub, '0', signal)).resolves.toMatchObject({ partition: '0' });
    expect(takeBack('')).toBeGreaterThan(0);
    const writer = await wire.write(hub, '0', signal);
    expect(writer.isOver).toBe(false);
    await wire.close();
  });
});
