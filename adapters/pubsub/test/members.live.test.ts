import { type Assignment, CollectedPage, type EventPage, type StoredEvent, StreamError } from '@isostream/core/adapter';
import { type PubSubEmulator, startPubSub } from '@isostream/emulators';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PubSubAdapter } from './support/open.ts';
import { ackDeadlineMs, event, Member, newTopic, openSink, pubsubOf, texts, write } from './support/emulator.ts';

let emulator: PubSubEmulator;
let adapter: PubSubAdapter;
const others: PubSubAdapter[] = [];
const members: Member[] = [];

beforeAll(async () => {
  emulator = await startPubSub();
  adapter = pubsubOf(emulator);
});
afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.leave().catch(() => undefined)));
  await Promise.all(others.splice(0).map((other) => other.close()));
});
afterAll(async () => {
  await adapter.close();
  await emulator.stop();
});

/** A topic with events of one key, and a group that nobody read for yet. */
async function filled(count: number, key = 'k'): Promise<{ readonly topic: string; readonly group: string }> {
  const topic = await newTopic(adapter.admin);
  await write(
    await openSink(adapter, topic),
    Array.from({ length: count }, (_, index) => event(key, `${key}${index}`)),
  );
  return { topic, group: 'g' };
}

/** A member with a connection of its own, as another process would have it. */
function join(subscription: ConstructorParameters<typeof Member>[1]): { member: Member; own: PubSubAdapter } {
  const own = pubsubOf(emulator);
  others.push(own);
  const member = new Member(own, subscription);
  members.push(member);
  return { member, own };
}

const signal = new AbortController().signal;

/** The events of one read. */
async function readOnce(assignment: Assignment): Promise<readonly StoredEvent[]> {
  const page = new CollectedPage();
  await assignment.read(page, signal);
  return page.events;
}

describe('two members of a group', () => {
  it('never hold events of one key at the same time', async () => {
    const subscription = await filled(4);
    const { member: first } = join(subscription);
    const events = await first.read(2);
    const { member: second } = join(subscription);
    const assignment = await second.assignment();
    expect(await readOnce(assignment)).toEqual([]);
    await (await first.assignment()).settle?.(events);
    expect(texts(await second.read(2))).toEqual(['k2', 'k3']);
  });

  it('pass a key on at once and in order when one leaves: what was settled stays settled', async () => {
    const subscription = await filled(5);
    const { member: first } = join(subscription);
    const events = await first.read(5);
    await (await first.assignment()).settle?.(events.slice(0, 2));
    const left = performance.now();
    await first.leave();
    const { member: second } = join(subscription);
    expect(texts(await second.read(3))).toEqual(['k2', 'k3', 'k4']);
    expect(performance.now() - left).toBeLessThan(ackDeadlineMs / 2);
  });

  it('pass a key on in order when one dies, once its deadline is over', async () => {
    const subscription = await filled(5);
    const { member: first, own } = join(subscription);
    const events = await first.read(5);
    await (await first.assignment()).settle?.(events.slice(0, 2));
    const died = performance.now();
    await own.close();
    const { member: second } = join(subscription);
    expect(texts(await second.read(3))).toEqual(['k2', 'k3', 'k4']);
    const waited = performance.now() - died;
    expect(waited).toBeGreaterThan(ackDeadlineMs / 2);
    expect(waited).toBeLessThan(ackDeadlineMs * 2);
  });
});

describe('leases', () => {
  it('are extended for as long as a handler needs, also of events that wait in the consumer', async () => {
    const subscription = await filled(3);
    const { member } = join(subscription);
    const assignment = await member.assignment();
    const [held] = await member.read(1);
    if (held === undefined) throw new Error('nothing was read');
    const { member: other } = join(subscription);
    const otherLane = await other.assignment();
    const since = performance.now();
    while (performance.now() - since < ackDeadlineMs * 1.6) {
      expect(await readOnce(otherLane)).toEqual([]);
      expect(assignment.isHeld).toBe(true);
    }
    // With its last pull under way it could be given the rest as soon as the first event is settled.
    await other.leave();
    await assignment.settle?.([held]);
    await assignment.settle?.(await member.read(2));
    await member.leave();
    const { member: last } = join(subscription);
    expect(await readOnce(await last.assignment())).toEqual([]);
    expect(member.lost).toEqual([]);
  });

  it('of a process that was frozen are over, with the assignment: its settling has no effect and all comes again in order', async () => {
    const subscription = await filled(4);
    const { member } = join(subscription);
    const events = await member.read(4);
    const assignment = await member.assignment();
    await assignment.settle?.(events.slice(0, 1));
    // No timer runs and no answer is read, as in a process that the system stopped.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ackDeadlineMs + 1_000);
    expect(assignment.isHeld).toBe(false);
    await expect(assignment.settle?.(events.slice(1, 2))).rejects.toMatchObject({ code: 'lease-lost' });
    expect(texts(await member.read(3, 1))).toEqual(['k1', 'k2', 'k3']);
    expect(member.lost.map(({ reason }) => reason.code)).toEqual(['lease-lost']);
    expect(member.lost[0]?.assignment).toBe(assignment);
    expect(assignment.isHeld).toBe(false);
    expect((await member.assignment(1)).isHeld).toBe(true);
  });

  it('of a member that the service cannot hear are over by its own clock', async () => {
    const subscription = await filled(2);
    const { member } = join(subscription);
    await member.read(2);
    const since = performance.now();
    emulator.server?.pause();
    try {
      await member.assignment(1);
    } finally {
      emulator.server?.resume();
    }
    const waited = performance.now() - since;
    expect(waited).toBeGreaterThan(ackDeadlineMs * 0.6);
    expect(waited).toBeLessThan(ackDeadlineMs * 1.2);
    expect(member.lost).toHaveLength(1);
    expect(texts(await member.read(2, 1))).toEqual(['k0', 'k1']);
  });
});

describe('events that find no room', () => {
  it('stay in the consumer, in order, and come first', async () => {
    const subscription = await filled(5);
    const { member } = join(subscription);
    const assignment = await member.assignment();
    // All of it is asked for, and two find room.
    const page = new CollectedPage({ events: 2 });
    const small: EventPage = { add: (each) => page.add(each), gap: () => undefined, end: () => undefined };
    while (page.events.length === 0) await assignment.read(small, signal);
    expect(texts(page.events)).toEqual(['k0', 'k1']);
    expect(texts(await readOnce(assignment))).toEqual(['k2', 'k3', 'k4']);
  });
});

it('stops with the reason when its subscription is deleted', async () => {
  const subscription = await filled(0);
  const { member } = join(subscription);
  const assignment = await member.assignment();
  await adapter.admin.deleteGroup(subscription.topic, subscription.group);
  const read = async (): Promise<never> => {
    for (;;) await readOnce(assignment);
  };
  await expect(read()).rejects.toSatisfy((error) => StreamError.is(error) && error.code === 'unknown-topic');
});
