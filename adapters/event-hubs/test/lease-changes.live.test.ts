import type { BlockBlobClient } from '@azure/storage-blob';
import { defineTopic } from '@isostream/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNamespace, until } from './support/namespace.ts';

let namespace: TestNamespace;
beforeAll(async () => {
  namespace = await TestNamespace.start();
});
afterAll(() => namespace[Symbol.asyncDispose]());

let hubs = 0;

function numbers(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}

async function send(hub: string, from: number, to: number): Promise<void> {
  await using streams = await namespace.streams();
  const events = numbers(from, to).map((text) => ({ key: text, value: Buffer.from(text) }));
  await streams.producer(defineTopic(hub, { raw: true })).sendBatch(events);
}

function blobOf(hub: string): BlockBlobClient {
  return namespace.container.getBlockBlobClient(`127.0.0.1/${hub}/g/checkpoint/0`);
}

interface Seen {
  readonly text: string;
  readonly partition: string;
  readonly token: bigint;
}

/** A member of group "g", which begins at the latest event. */
class Member implements AsyncDisposable {
  readonly seen: Seen[] = [];
  error: unknown;
  readonly #close: () => Promise<void>;

  private constructor(close: () => Promise<void>) {
    this.#close = close;
  }

  static async start(hub: string): Promise<Member> {
    const streams = await namespace.streams({ sessionTimeout: '1s' });
    const consumer = streams.consumer(defineTopic(hub, { raw: true }), {
      group: 'g',
      from: 'latest',
      onFailure: 'skip',
      commitInterval: 20,
    });
    const member: Member = new Member(async () => {
      await streams.close();
      await running;
    });
    const running = consumer
      .run(({ value }, { partition, fencingToken }) => {
        const text = Buffer.from(value ?? []).toString();
        member.seen.push({ text, partition, token: BigInt(fencingToken ?? 0) });
      })
      .catch((thrown: unknown) => (member.error = thrown));
    await until(() => consumer.assignments.length === 2 || member.error !== undefined);
    return member;
  }

  /** Once it read all of them; or the reason why it ended. */
  async reads(all: readonly string[]): Promise<unknown> {
    const missing = (): string[] => all.filter((text) => !this.seen.some((one) => one.text === text));
    await until(() => missing().length === 0 || this.error !== undefined);
    return this.error ?? 'all';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/** Whether tokens of a partition only grow. */
function grow(seen: readonly Seen[]): boolean {
  const highest = new Map<string, bigint>();
  return seen.every(({ partition, token }) => {
    const before = highest.get(partition) ?? 0n;
    highest.set(partition, token);
    return token >= before;
  });
}

type Change = (hub: string, before: Record<string, string>) => Promise<unknown>;

const emptied: Change = async (hub) => {
  for await (const { name } of namespace.container.listBlobsFlat({ prefix: `127.0.0.1/${hub}/` }))
    await namespace.container.deleteBlob(name);
};

describe('leases that others change under a running member', () => {
  it.each<[string, Change]>([
    ['a blob that is deleted', (hub) => blobOf(hub).delete()],
    ['all blobs that are deleted', emptied],
    [
      'a blob that is written again as it is',
      async (hub) => {
        const { metadata = {} } = await blobOf(hub).getProperties();
        await blobOf(hub).setMetadata({ ...metadata, note: 'theirs' });
      },
    ],
    ['a blob that is replaced by an older copy', (hub, before) => blobOf(hub).setMetadata(before)],
    [
      'a blob that is uploaded again from an older copy',
      (hub, before) => blobOf(hub).upload('', 0, { metadata: before }),
    ],
    [
      'a blob over which another client writes its checkpoint',
      (hub) => blobOf(hub).setMetadata({ sequencenumber: '0', offset: '0' }),
    ],
  ])('lose nothing and let no token shrink: %s', async (_, change) => {
    const hub = `changed-${++hubs}`;
    namespace.server.createHub(hub, { partitions: 2, consumerGroups: ['g'] });
    await send(hub, 0, 10);
    const seen: Seen[] = [];
    {
      await using member = await Member.start(hub);
      const { metadata: before = {} } = await blobOf(hub).getProperties();
      await send(hub, 10, 30);
      expect(await member.reads(numbers(10, 30))).toBe('all');
      await change(hub, before);
      await send(hub, 30, 50);
      expect(await member.reads(numbers(30, 50))).toBe('all');
      // What others changed is right again.
      await until(
        async () =>
          (await blobOf(hub).exists()) &&
          (await blobOf(hub).getProperties()).metadata?.['isostream'] !== before['isostream'],
      );
      seen.push(...member.seen);
    }
    await using next = await Member.start(hub);
    await send(hub, 50, 60);
    expect(await next.reads(numbers(50, 60))).toBe('all');
    seen.push(...next.seen);

    expect(grow(seen)).toBe(true);
    expect(seen.filter(({ text }) => Number(text) < 10)).toEqual([]);
  });
});
