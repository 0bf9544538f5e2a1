import { createStreams, defineTopic } from '@isostream/core';
import { type PubSubEmulator, startPubSub } from '@isostream/emulators';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPubSub, type PubSubAdapter } from './support/open.ts';
import {
  anything,
  event,
  Member,
  newName,
  newTopic,
  openSink,
  pubsubOf,
  readAll,
  texts,
  write,
} from './support/emulator.ts';

const day = 86_400_000;
let emulator: PubSubEmulator;
let adapter: PubSubAdapter;

beforeAll(async () => {
  emulator = await startPubSub();
  adapter = pubsubOf(emulator);
});
afterAll(async () => {
  await adapter.close();
  await emulator.stop();
});

/** Writes events, each with a key of its own, and returns a time that lies between them and what is written afterwards. */
async function writeBefore(topic: string, ...values: string[]): Promise<Date> {
  const sink = await openSink(adapter, topic);
  for (const value of values) await write(sink, [event(value, value)]);
  await wait(3);
  const time = new Date();
  await wait(3);
  return time;
}

describe('topics', () => {
  it('read back as they were made and changed', async () => {
    const name = await newTopic(adapter.admin, { retentionMs: 2 * day, maxEventBytes: 65_536 });
    expect(await adapter.admin.describeTopic(name)).toEqual({
      name,
      partitionNames: ['all'],
      retentionMs: 2 * day,
      maxEventBytes: 65_536,
      compaction: false,
    });
    await adapter.admin.alterTopic(name, { retentionMs: 3 * day });
    expect(await adapter.admin.describeTopic(name)).toMatchObject({ retentionMs: 3 * day, maxEventBytes: 65_536 });
    await expect(adapter.admin.createTopic(name, {})).rejects.toMatchObject({ code: 'conflict' });
    expect(await adapter.admin.listTopics()).toContain(name);
  });

  it('keep what is published for new groups, unless they are told otherwise', async () => {
    expect(await adapter.admin.describeTopic(await newTopic(adapter.admin))).toMatchObject({
      retentionMs: 7 * day,
      maxEventBytes: 1_048_576,
    });
  });

  it('that do not exist are named', async () => {
    const name = newName();
    expect(await adapter.admin.describeTopic(name)).toBeUndefined();
    await expect(openSink(adapter, name)).rejects.toMatchObject({ code: 'unknown-topic', outcome: 'not-written' });
    await expect(adapter.admin.deleteTopic(name)).rejects.toMatchObject({ code: 'unknown-topic' });
    await expect(adapter.admin.listGroups(name)).rejects.toMatchObject({ code: 'unknown-topic' });
    await expect(adapter.admin.lag(name, 'g')).rejects.toMatchObject({ code: 'unknown-topic' });
    await expect(new Member(adapter, { topic: name, group: 'g' }).running).rejects.toMatchObject({
      code: 'unknown-topic',
    });
  });

  it('take their groups along when they are deleted', async () => {
    const topic = await newTopic(adapter.admin);
    await writeBefore(topic, 'old');
    const first = new Member(adapter, { topic, group: 'g' });
    expect(texts(await first.read(1))).toEqual(['old']);
    await first.leave();
    await adapter.admin.deleteTopic(topic);
    await adapter.admin.createTopic(topic, {});
    expect(await adapter.admin.listGroups(topic)).toEqual([]);
    await writeBefore(topic, 'new');
    const second = new Member(adapter, { topic, group: 'g' });
    expect(texts(await second.read(1))).toEqual(['new']);
    await second.leave();
  });

  it('deleted by others leave subscriptions that no topic of the same name inherits', async () => {
    const topic = await newTopic(adapter.admin);
    const first = new Member(adapter, { topic, group: 'g' });
    await first.assignment();
    await first.leave();
    const { publisher } = await adapter.native();
    await publisher.deleteTopic({ topic: `projects/isostream/topics/${topic}` });
    await adapter.admin.createTopic(topic, {});
    await writeBefore(topic, 'new');
    const second = new Member(adapter, { topic, group: 'g' });
    expect(texts(await second.read(1))).toEqual(['new']);
    await second.leave();
  });
});

describe('a new group', () => {
  it.each([
    ['earliest', ['old', 'new', 'newest']],
    ['latest', ['newest']],
    ['a time', ['new', 'newest']],
  ] as const)('starts at %s, for all members and after a restart', async (start, expected) => {
    const topic = await newTopic(adapter.admin);
    const time = await writeBefore(topic, 'old');
    await writeBefore(topic, 'new');
    const subscription = { topic, group: 'g', from: start === 'a time' ? time : start };
    const first = new Member(adapter, subscription);
    await first.assignment();
    await first.leave();
    await writeBefore(topic, 'newest');
    // Whoever comes later asks for another start: the group has one already.
    const second = new Member(adapter, { topic, group: 'g', from: 'earliest' });
    expect(texts(await second.read(expected.length))).toEqual(expected);
    await second.leave();
  });

  it('cannot start where the topic keeps nothing, and says so', async () => {
    const name = newName();
    const { publisher } = await adapter.native();
    await publisher.createTopic({ name: `projects/isostream/topics/${name}` });
    await expect(new Member(adapter, { topic: name, group: 'g' }).running).rejects.toMatchObject({
      code: 'unsupported',
    });
    const latest = new Member(adapter, { topic: name, group: 'g', from: 'latest' });
    await latest.assignment();
    await latest.leave();
    await expect(readAll(adapter, { topic: name, from: 'earliest', to: 'now' })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  it('is listed by the name that it has, and forgotten when it is deleted', async () => {
    const topic = await newTopic(adapter.admin);
    for (const group of ['b.c', 'a_1']) {
      const member = new Member(adapter, { topic, group });
      await member.assignment();
      await member.leave();
    }
    expect(await adapter.admin.listGroups(topic)).toEqual(['a_1', 'b.c']);
    await adapter.admin.deleteGroup(topic, 'a_1');
    await adapter.admin.deleteGroup(topic, 'a_1');
    expect(await adapter.admin.listGroups(topic)).toEqual(['b.c']);
  });

  it.each([
    ['without message ordering', {}],
    ['with a dead-letter policy', { enableMessageOrdering: true, deadLetterPolicy: { maxDeliveryAttempts: 5 } }],
    ['with exactly-once delivery', { enableMessageOrdering: true, enableExactlyOnceDelivery: true }],
  ])('does not take a subscription %s', async (_name, settings) => {
    const topic = await newTopic(adapter.admin);
    const { subscriber } = await adapter.native();
    const fullName = `projects/isostream/topics/${topic}`;
    await subscriber.createSubscription({
      name: `projects/isostream/subscriptions/${topic}~g`,
      topic: fullName,
      ...settings,
      ...('deadLetterPolicy' in settings
        ? { deadLetterPolicy: { ...settings.deadLetterPolicy, deadLetterTopic: fullName } }
        : {}),
    });
    await expect(new Member(adapter, { topic, group: 'g' }).running).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('a range', () => {
  it('ends where its end was when it was asked for, and leaves no subscription behind', async () => {
    const topic = await newTopic(adapter.admin);
    const first = await writeBefore(topic, 'a', 'b');
    const second = await writeBefore(topic, 'c');
    await writeBefore(topic, 'd');
    const read = async (from: 'earliest' | 'latest' | Date, to: 'now' | Date): Promise<string[]> =>
      texts(await readAll(adapter, { topic, from, to }));
    expect(await read('earliest', 'now')).toEqual(['a', 'b', 'c', 'd']);
    expect(await read(first, second)).toEqual(['c']);
    expect(await read('earliest', first)).toEqual(['a', 'b']);
    expect(await read('latest', 'now')).toEqual([]);
    const { publisher } = await adapter.native();
    const [subscriptions] = await publisher.listTopicSubscriptions({ topic: `projects/isostream/topics/${topic}` });
    expect(subscriptions).toEqual([]);
  });

  it('holds all of many keys, each in order', async () => {
    const topic = await newTopic(adapter.admin);
    const sink = await openSink(adapter, topic);
    const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
    await Promise.all(
      keys.map((key) =>
        write(
          sink,
          Array.from({ length: 150 }, (_, index) => event(key, String(index))),
        ),
      ),
    );
    const events = await readAll(adapter, { topic, from: 'earliest', to: 'now' });
    const expected = Array.from({ length: 150 }, (_, index) => String(index));
    for (const key of keys) expect(texts(events.filter((each) => each.key === key))).toEqual(expected);
  });

  it('starts at no position', async () => {
    const topic = await newTopic(adapter.admin);
    const range = { topic, from: new Map([['all', '1']]), to: 'now' } as const;
    await expect(readAll(adapter, range)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

it('finds letters that were written before anybody looked, and sends them again', async () => {
  const topic = defineTopic(newName(), { events: { made: anything<{ key: string }>() }, key: () => 'k' });
  const streams = await createStreams({ adapter: pubsubOf(emulator), topics: [topic] });
  await streams.producer(topic).send({ type: 'made', data: { key: 'x' } });
  const failing = streams.consumer(topic, { group: 'g', retry: { attempts: 1 } });
  const seen: unknown[] = [];
  const running = failing.run({
    made: () => {
      throw new Error('no');
    },
  });
  const letters = async (): Promise<unknown[]> => {
    const found = [];
    for await (const letter of streams.deadLetters(topic, { group: 'g' })) found.push(letter.event);
    return found;
  };
  while ((await adapter.admin.describeTopic(`${topic.name}.g.dlq`)) === undefined) await wait(50);
  while ((await letters()).length === 0) await wait(50);
  await failing.close();
  await running;
  expect(await streams.redrive(topic, { group: 'g' })).toMatchObject({ redriven: 1 });
  expect(await letters()).toEqual([]);
  const working = streams.consumer(topic, { group: 'g' });
  await new Promise<void>((resolve) => {
    void working.run({
      made: ({ data }) => {
        seen.push(data);
        resolve();
      },
    });
  });
  expect(seen).toEqual([{ key: 'x' }]);
  await streams.close();
});

describe('connecting', () => {
  it('fails where nobody listens', async () => {
    const nobody = createPubSub({ projectId: 'isostream', emulatorHost: '127.0.0.1:1' });
    await expect(nobody.connect()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await nobody.close();
  });

  it('fails once it is closed', async () => {
    const closed = pubsubOf(emulator);
    await closed.connect();
    await closed.close();
    await closed.close();
    await expect(closed.connect()).rejects.toMatchObject({ code: 'closed' });
  });

  it('fails with what is missing where there are no credentials', async () => {
    const { GOOGLE_APPLICATION_CREDENTIALS: named } = process.env;
    process.env['GOOGLE_APPLICATION_CREDENTIALS'] = '/nowhere/key.json';
    const service = createPubSub({ projectId: 'isostream', emulatorHost: false });
    try {
      await expect(service.connect()).rejects.toMatchObject({ code: 'unauthenticated' });
    } finally {
      if (named === undefined) delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
      else process.env['GOOGLE_APPLICATION_CREDENTIALS'] = named;
      await service.close();
    }
  });
});
