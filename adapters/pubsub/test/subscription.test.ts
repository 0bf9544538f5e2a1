import { CollectedPage, type StoredEvent, type Subscription } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { openRange } from '../src/consume/range.ts';
import { openSubscription, requireUnchanged } from '../src/consume/subscription.ts';
import { FakeService, grpcError, received } from './support/fake-service.ts';

const topic = 'projects/project/topics/orders';
const name = 'projects/project/subscriptions/orders~g';
const week = 7 * 86_400_000;

function service(options: { readonly isEmulator?: boolean; readonly retentionMs?: number } = {}): FakeService {
  const fake = new FakeService(options);
  const { retentionMs = week } = options;
  fake.topics.set(topic, { name: topic, messageRetentionDuration: { seconds: retentionMs / 1_000 } });
  return fake;
}

function subscribe(from: Subscription['from']): Subscription {
  return { topic: 'orders', group: 'g', from, clientId: 'c' };
}

describe('a new group of the service', () => {
  it('is ordered and never expires', async () => {
    const fake = service();
    await openSubscription(fake, subscribe('latest'));
    expect(fake.subscriptions.get(name)).toMatchObject({
      topic,
      enableMessageOrdering: true,
      ackDeadlineSeconds: 10,
      expirationPolicy: {},
    });
    expect(fake.named('seek')).toEqual([]);
  });

  it.each([
    ['earliest', 'earliest' as const, (): number => Date.now() - week],
    ['a time', new Date('2026-01-01T00:00:00.123Z'), (): number => Date.parse('2026-01-01T00:00:00.123Z')],
  ])('is sought to %s before anybody pulls, once', async (_name, from, expected) => {
    const fake = service();
    await openSubscription(fake, subscribe(from));
    await openSubscription(fake, subscribe('latest'));
    expect(fake.named('seek')).toHaveLength(1);
    expect(Math.abs((fake.named('seek')[0]?.time ?? 0) - expected())).toBeLessThan(2_000);
  });

  it('is sought by the next member if the one that made it died before', async () => {
    const fake = service();
    const start = new Date('2026-01-01');
    fake.before = (call) => {
      if (call.name === 'seek') throw grpcError(14);
    };
    await expect(openSubscription(fake, subscribe(start))).rejects.toMatchObject({ retryable: true });
    fake.before = () => undefined;
    await openSubscription(fake, subscribe('latest'));
    expect(fake.named('seek').map(({ time }) => time)).toEqual([start.getTime()]);
  });

  it('is one group when two members make it at the same time', async () => {
    const fake = service();
    const [one, other] = await Promise.all([1, 2].map(() => openSubscription(fake, subscribe('earliest'))));
    expect(one).toEqual(other);
    expect(fake.subscriptions.size).toBe(1);
  });
});

describe('a group that exists', () => {
  it('may be one that nobody may look at: its events have the shortest deadline that there is', async () => {
    const fake = service();
    fake.before = (call) => {
      if (call.name === 'getSubscription') throw grpcError(7);
    };
    expect(await openSubscription(fake, subscribe('earliest'))).toEqual({
      name,
      topic,
      ackDeadlineMs: 10_000,
      skipBefore: 0,
    });
    expect(fake.subscriptions.size).toBe(0);
  });

  it('is made anew where it belongs to a deleted topic of the same name; it is never joined', async () => {
    const fake = service();
    const dead = { name, topic: '_deleted-topic_', enableMessageOrdering: true };
    fake.subscriptions.set(name, dead);
    fake.before = (call) => {
      if (call.name === 'deleteSubscription') throw grpcError(7);
    };
    await expect(openSubscription(fake, subscribe('latest'))).rejects.toMatchObject({
      code: 'unauthorized',
      retryable: false,
      message: expect.stringMatching(/deleted topic.*Grant pubsub.subscriptions.delete/),
    });
    expect(fake.subscriptions.get(name)).toBe(dead);
    // Another member was quicker.
    fake.before = (call) => {
      if (call.name !== 'deleteSubscription') return;
      fake.subscriptions.delete(name);
      throw grpcError(5);
    };
    await openSubscription(fake, subscribe('latest'));
    expect(fake.subscriptions.get(name)).toMatchObject({ topic });
  });

  it.each([
    ['of another topic', { topic: 'projects/project/topics/other' }],
    ['without ordering', { enableMessageOrdering: false }],
    ['that pushes', { pushConfig: { pushEndpoint: 'https://example.com' } }],
    ['with exactly-once delivery', { enableExactlyOnceDelivery: true }],
    ['with dead letters of its own', { deadLetterPolicy: { deadLetterTopic: topic } }],
    ['that is detached', { detached: true }],
  ])('is refused %s', async (_name, settings) => {
    const fake = service();
    fake.subscriptions.set(name, { name, topic, enableMessageOrdering: true, ...settings });
    await expect(openSubscription(fake, subscribe('earliest'))).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a range of the service', () => {
  async function read(fake: FakeService, from: 'earliest' | Date): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    const { signal } = new AbortController();
    const opened = await openRange(fake, { topic: 'orders', from, to: 'now' });
    for (const cursor of opened.cursors) {
      for (let isEnd = false; !isEnd;) {
        const page = new CollectedPage();
        await cursor.read(page, signal);
        events.push(...page.events);
        ({ isEnd } = page);
      }
    }
    await opened.close();
    return events;
  }

  it('is sought to, ends only after several empty answers, and leaves nothing behind', async () => {
    const fake = service();
    const none = async () => [];
    fake.pulls = [async () => [received('1')], none, none, async () => [received('2')], none];
    const from = new Date(Date.now() - 60_000);
    expect((await read(fake, from)).map(({ position }) => position)).toEqual(['1', '2']);
    expect(fake.named('seek').map(({ time }) => time)).toEqual([from.getTime()]);
    expect(fake.named('pull')).toHaveLength(7);
    expect(fake.named('acknowledge').flatMap((call) => call.ids)).toEqual(['ack-1', 'ack-2']);
    expect(fake.subscriptions.size).toBe(0);
  });

  it('is not sought to before what the topic keeps', async () => {
    const fake = service({ retentionMs: 3_600_000 });
    await read(fake, new Date(0));
    expect(Math.abs((fake.named('seek')[0]?.time ?? 0) - (Date.now() - 3_600_000))).toBeLessThan(2_000);
  });
});

describe('a subscription that brings nothing', () => {
  const opened = { name, topic, ackDeadlineMs: 10_000, skipBefore: 0 };
  const good = { name, topic, enableMessageOrdering: true };

  it.each([
    ['its topic was deleted', { ...good, topic: '_deleted-topic_' }, 'unknown-topic'],
    ['it was deleted', undefined, 'unknown-topic'],
    ['it was detached', { ...good, detached: true }, 'conflict'],
    ['it was made anew without order', { ...good, enableMessageOrdering: false }, 'conflict'],
    ['it was made anew on another topic', { ...good, topic: 'projects/project/topics/other' }, 'conflict'],
  ])('ends its member if %s', async (_, found, code) => {
    const fake = service();
    fake.subscriptions.clear();
    if (found !== undefined) fake.subscriptions.set(name, found);
    await expect(requireUnchanged(fake, opened)).rejects.toMatchObject({ code, retryable: false });
  });

  it('may be one that nobody may look at, and is trusted if it is as it was', async () => {
    const fake = service();
    fake.subscriptions.set(name, good);
    await expect(requireUnchanged(fake, opened)).resolves.toBeUndefined();
    fake.before = () => {
      throw grpcError(7);
    };
    await expect(requireUnchanged(fake, opened)).resolves.toBeUndefined();
  });
});
