import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { BlockBlobClient } from '@azure/storage-blob';
import { defineTopic, StreamError } from '@isostream/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNamespace, until } from './support/namespace.ts';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

let hubs = 0;

async function hubWith(events: number): Promise<string> {
  const hub = `blobs-${++hubs}`;
  namespace.server.createHub(hub, { partitions: 1, consumerGroups: ['g'] });
  await send(hub, 0, events);
  return hub;
}

async function send(hub: string, from: number, to: number): Promise<void> {
  await using streams = await namespace.streams();
  const events = numbers(from, to).map((text) => ({ key: 'k', value: Buffer.from(text) }));
  await streams.producer(defineTopic(hub, { raw: true })).sendBatch(events);
}

function numbers(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}

function blobOf(hub: string): BlockBlobClient {
  return namespace.container.getBlockBlobClient(`127.0.0.1/${hub}/g/checkpoint/0`);
}

function offsetOf(hub: string, index: number): string {
  return String(namespace.server.events(hub, '0')[index]?.offset);
}

/** A checkpoint as another client leaves it. */
async function leave(hub: string, metadata: Record<string, string>): Promise<void> {
  await blobOf(hub).upload('', 0, { metadata });
}

/** A member of group "g", which begins at the latest event. */
class Member implements AsyncDisposable {
  readonly seen: string[] = [];
  error: unknown;
  readonly #consumer: { readonly assignments: readonly string[] };
  readonly #close: () => Promise<void>;

  private constructor(consumer: { readonly assignments: readonly string[] }, close: () => Promise<void>) {
    this.#consumer = consumer;
    this.#close = close;
  }

  get assignments(): readonly string[] {
    return this.#consumer.assignments;
  }

  static async start(hub: string): Promise<Member> {
    const streams = await namespace.streams({ sessionTimeout: '1s' });
    const consumer = streams.consumer(defineTopic(hub, { raw: true }), {
      group: 'g',
      from: 'latest',
      onFailure: 'skip',
      commitInterval: 50,
    });
    const member: Member = new Member(consumer, async () => {
      await streams.close();
      await running;
    });
    const running = consumer
      .run(({ value }) => void member.seen.push(Buffer.from(value ?? []).toString()))
      .catch((thrown: unknown) => (member.error = thrown));
    return member;
  }

  /** What it read, once it is so much, or the reason why it ended. */
  async reads(count: number): Promise<unknown> {
    await until(() => this.seen.length >= count || this.error !== undefined);
    return this.error ?? this.seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

describe('a checkpoint of another client', () => {
  it.each<[string, (offset: string) => Record<string, string>]>([
    ['only a sequence number', () => ({ sequencenumber: '5' })],
    ['only an offset', (offset) => ({ offset })],
    ['a sequence number and an empty offset', () => ({ sequencenumber: '5', offset: '' })],
    ['names in other letters', () => ({ SequenceNumber: '5' })],
  ])('with %s says where a group goes on, and how far it is behind', async (_, metadataOf) => {
    const hub = await hubWith(10);
    await leave(hub, metadataOf(offsetOf(hub, 5)));

    const lag = await namespace.adapter().admin.lag(hub, 'g');
    expect(lag).toMatchObject([{ partition: '0', events: 4, committed: '6', end: '10' }]);
    await using member = await Member.start(hub);
    expect(await member.reads(4)).toEqual(numbers(6, 10));
  });

  it('leaves no event unread in a partition that it has none of', async () => {
    const hub = `blobs-${++hubs}`;
    namespace.server.createHub(hub, { partitions: 2, consumerGroups: ['g'] });
    const streams = await namespace.streams();
    const producer = streams.producer(defineTopic(hub, { raw: true }));
    const keys = Array.from({ length: 20 }, (_, index) => String(index));
    await producer.sendBatch(keys.map((key) => ({ key, value: Buffer.from(key) })));
    await streams.close();
    const last = namespace.server.events(hub, '0').length - 1;
    await leave(hub, { sequencenumber: String(last), offset: offsetOf(hub, last) });

    await using member = await Member.start(hub);
    expect(await member.reads(keys.length - last - 1)).toHaveLength(keys.length - last - 1);
  });

  it('with only the offset of an event that retention removed is no reason to skip in silence', async () => {
    const hub = await hubWith(10);
    await leave(hub, { offset: offsetOf(hub, 0) });
    namespace.server.trim(hub, '0', 5);

    await using member = await Member.start(hub);
    expect(await member.reads(1)).toMatchObject({ code: 'position-expired' });
    expect(member.seen).toEqual([]);
  });

  it('with only the offset of the last event leaves nothing behind', async () => {
    const hub = await hubWith(3);
    await leave(hub, { offset: offsetOf(hub, 2) });

    const lag = await namespace.adapter().admin.lag(hub, 'g');
    expect(lag).toMatchObject([{ events: 0, committed: '3' }]);
  });
});

describe('a lease blob that nobody can read', () => {
  const whole = { counter: 1, token: 1, position: '-1@-1', after: [], isFinished: false, group: 'g' };
  const ours = (change: object): Record<string, string> => ({ isostream: JSON.stringify({ ...whole, ...change }) });

  it.each<[string, Record<string, string>]>([
    ['garbage', { isostream: '{"counter":' }],
    ['metadata that was lost', {}],
    ['metadata of something else', { hdi_isfolder: 'true' }],
    ['a counter that is text', ours({ counter: '1' })],
    ['a counter below zero', ours({ counter: -1 })],
    ['a token that is not a number', ours({ token: null })],
    ['a token beyond what is exact', ours({ token: 2 ** 60 })],
    ['an owner that is a number', ours({ owner: 7 })],
    ['a position that is none', ours({ position: 'NaN@' })],
    ['a list instead of a lease', { isostream: '[]' }],
    ['a sequence number that is none', { sequencenumber: 'NaN', offset: '12' }],
    ['a sequence number below zero', { sequencenumber: '-7', offset: '12' }],
  ])('ends a member that finds %s, which names the blob and the cure', async (_, metadata) => {
    const hub = await hubWith(1);
    await leave(hub, metadata);
    await using member = await Member.start(hub);

    expect(await member.reads(1)).toMatchObject({ code: 'conflict', retryable: false });
    const { message } = StreamError.from(member.error, 'test');
    expect(message).toContain(`127.0.0.1/${hub}/g/checkpoint/0`);
    expect(message).toMatch(/Restore its metadata.*delete the blob/);
    expect(await namespace.adapter().admin.listGroups(hub)).toEqual(['g']);
  });

  it('is none of ours where its name is no partition’s', async () => {
    const hub = await hubWith(0);
    await namespace.container.getBlockBlobClient(`127.0.0.1/${hub}/g/checkpoint/%`).upload('', 0);
    await namespace.container.getBlockBlobClient(`127.0.0.1/${hub}/g/checkpoint/0/note.txt`).upload('x', 1);

    expect(await namespace.adapter().admin.lag(hub, 'g')).toMatchObject([{ events: 0 }]);
  });
});

describe('a lease blob that nobody may write', () => {
  it('makes its member wait, and say why, until it may again', async () => {
    const hub = await hubWith(0);
    const told: StreamError[] = [];
    const listen = (message: unknown): void => {
      const error: unknown =
        typeof message === 'object' && message !== null ? Reflect.get(message, 'error') : undefined;
      if (StreamError.is(error)) told.push(error);
    };
    let writes = 0;
    const blobs = namespace.container.getBlockBlobClient.bind(namespace.container);
    namespace.container.getBlockBlobClient = (name) => {
      const blob = blobs(name);
      const setMetadata = blob.setMetadata.bind(blob);
      blob.setMetadata = (...given) => {
        writes++;
        return setMetadata(...given);
      };
      return blob;
    };
    await using member = await Member.start(hub);
    await until(
      async () =>
        (await blobOf(hub).exists()) &&
        (await blobOf(hub).getProperties()).metadata?.['isostream']?.includes('owner') === true,
    );
    const lock = blobOf(hub).getBlobLeaseClient();
    await lock.acquireLease(-1);
    writes = 0;
    subscribe('isostream:adapter:warning', listen);
    await until(() => member.assignments.length === 0);
    unsubscribe('isostream:adapter:warning', listen);
    const [error] = told;

    expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    expect(error?.message).toContain(`127.0.0.1/${hub}/g/checkpoint/0`);
    expect(error?.message).toMatch(/lease of Blob Storage.*Break it/);
    // Twenty pauses fit into the time of a lease.
    expect(writes).toBeLessThanOrEqual(25);
    namespace.container.getBlockBlobClient = blobs;
    await lock.releaseLease();
    await send(hub, 0, 2);
    expect(await member.reads(2)).toEqual(numbers(0, 2));
  });
});

describe('a credential of the checkpoints that never answers', () => {
  const checkpoints = {
    url: 'https://127.0.0.1:9/positions',
    credential: { getToken: () => new Promise<never>(() => undefined) },
  };

  it('is named by whoever asks about a group', async () => {
    const hub = await hubWith(1);
    const adapter = namespace.adapter({ checkpoints, requestTimeout: '2s' });
    const error: unknown = await adapter.admin.lag(hub, 'g').catch((thrown: unknown) => thrown);
    await adapter.close();

    expect(error).toMatchObject({ message: expect.stringContaining('checkpoints.credential did not answer') });
  });

  it('makes a member wait, and say why, and does not hold up its end', async () => {
    const hub = await hubWith(1);
    const warnings: string[] = [];
    const note = (warning: unknown): void => void warnings.push(JSON.stringify(warning, messages));
    subscribe('isostream:adapter:warning', note);
    await using streams = await namespace.streams({ checkpoints, requestTimeout: '100ms' });
    const consumer = streams.consumer(defineTopic(hub, { raw: true }), { group: 'g', onFailure: 'skip' });
    const running = consumer.run(() => undefined).then(() => 'ended');
    await until(() => warnings.some((text) => text.includes('checkpoints.credential did not answer')));
    await consumer.close();

    expect(await running).toBe('ended');
    unsubscribe('isostream:adapter:warning', note);
  });
});

function messages(_: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}
