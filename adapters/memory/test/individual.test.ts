import { createStreams, defineTopic } from '@isostream/core';
import { type LaneBatch, StreamError } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { createMemory, createVirtualClock, type MemoryAdapter, type VirtualClock } from './support/open.ts';
import { event, join, never, readRange, read, texts, type TestMember, write } from './support/clients.ts';

interface World {
  readonly adapter: MemoryAdapter;
  readonly clock: VirtualClock;
}

async function world(...names: readonly string[]): Promise<World> {
  const clock = createVirtualClock();
  const adapter = createMemory({ clock, sessionTimeout: '10s', settlement: 'individual' });
  await adapter.admin.createTopic('rides', {});
  for (const name of names) await write(adapter, 'rides', event(name.slice(0, 1), name));
  return { adapter, clock };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const readNames = async (member: TestMember, events?: number): Promise<(string | null)[]> =>
  texts(await read(member.assignment(), never, events));

/** A read that is not over yet, and what it brought in the end. */
function reading(member: TestMember): { readonly brought: () => (string | null)[] | 'nothing yet' } {
  let brought: (string | null)[] | 'nothing yet' = 'nothing yet';
  void readNames(member).then((names) => (brought = names));
  return { brought: () => brought };
}

describe('a group whose events are settled one by one', () => {
  it('gives each member keys that nobody else holds, each as it lies', async () => {
    const { adapter } = await world('a1', 'b1', 'a2', 'c1', 'b2');
    const [first, second] = [join(adapter, 'rides', { clientId: 'a' }), join(adapter, 'rides', { clientId: 'b' })];
    expect(await readNames(first, 3)).toEqual(['a1', 'a2', 'b1']);
    expect(await readNames(second)).toEqual(['c1']);
    await write(adapter, 'rides', event('c', 'c2'), event('a', 'a3'), event('d', 'd1'));
    expect(await readNames(second)).toEqual(['d1']);
    expect([first.told, second.told]).toEqual([['assigned 0'], ['assigned 0']]);
  });

  it('gives a key on once all that is out of it is settled', async () => {
    const { adapter } = await world('a1', 'a2', 'a3');
    const [first, second] = [join(adapter, 'rides', { clientId: 'a' }), join(adapter, 'rides', { clientId: 'b' })];
    const [a1, a2] = await read(first.assignment(), never, 2);
    const waiting = reading(second);
    if (a1 === undefined || a2 === undefined) throw new Error('two events were due');
    await first.assignment().settle?.([a1]);
    await settled();
    expect(waiting.brought()).toBe('nothing yet');
    await first.assignment().settle?.([a2]);
    await settled();
    expect(waiting.brought()).toEqual(['a3']);
  });

  it('gives events without a key to anybody', async () => {
    const { adapter } = await world();
    await write(adapter, 'rides', event(null, '1'), event(null, '2'), event('', 'empty'));
    const [first, second] = [join(adapter, 'rides', { clientId: 'a' }), join(adapter, 'rides', { clientId: 'b' })];
    expect(await readNames(first, 1)).toEqual(['1']);
    expect(await readNames(second)).toEqual(['2', 'empty']);
  });

  it('takes turns, so that no member that waits is passed over', async () => {
    const { adapter } = await world();
    const [first, second] = [join(adapter, 'rides', { clientId: 'a' }), join(adapter, 'rides', { clientId: 'b' })];
    const got = [0, 0];
    const leave = new AbortController();
    const reads = [first, second].map(async (member, index) => {
      while (!leave.signal.aborted)
        got[index] = (got[index] ?? 0) + (await read(member.assignment(), leave.signal, 1)).length;
    });
    for (let turn = 0; turn < 5; turn++) {
      await write(adapter, 'rides', event(`k${turn}`, 'x'), event(`l${turn}`, 'x'));
      await settled();
    }
    leave.abort();
    await Promise.all(reads);
    expect(got).toEqual([5, 5]);
  });

  it('hands back in order what a leaving member did not settle', async () => {
    const { adapter } = await world('a1', 'a2', 'a3', 'b1');
    const first = join(adapter, 'rides', { clientId: 'a' });
    const events = await read(first.assignment(), never);
    await first.assignment().settle?.(events.slice(0, 1));
    await first.leave();
    const second = join(adapter, 'rides', { clientId: 'b' });
    expect(await readNames(second)).toEqual(['a2', 'a3', 'b1']);
  });

  it('gives on at once what a member hands back while it finishes the rest', async () => {
    const { adapter } = await world('a1', 'a2', 'b1', 'c1');
    const first = join(adapter, 'rides', { clientId: 'a' });
    const assignment = first.assignment();
    const [a1, a2, b1, c1] = await read(assignment, never);
    if (a1 === undefined || a2 === undefined || b1 === undefined || c1 === undefined) throw new Error('four were due');
    const second = join(adapter, 'rides', { clientId: 'b' });
    assignment.release?.([a2, c1]);
    expect(await readNames(second)).toEqual(['c1']);
    const waiting = reading(second);
    await assignment.settle?.([b1]);
    await settled();
    expect(waiting.brought()).toBe('nothing yet');
    await assignment.settle?.([a1]);
    await settled();
    expect(waiting.brought()).toEqual(['a2']);
  });

  it('repeats with an event all later ones of its key that were settled before it', async () => {
    const { adapter } = await world('a1', 'a2', 'a3');
    const first = join(adapter, 'rides', { clientId: 'a' });
    const events = await read(first.assignment(), never);
    await first.assignment().settle?.(events.slice(1));
    await first.leave();
    expect(await readNames(join(adapter, 'rides'))).toEqual(['a1', 'a2', 'a3']);
  });

  it('takes everything from a member that was not heard of for a session, and tells it', async () => {
    const { adapter, clock } = await world('a1', 'a2');
    const first = join(adapter, 'rides', { clientId: 'a' });
    const held = await read(first.assignment(), never);
    const assignment = first.assignment();
    const stall = adapter.control.stall('rides', 'g', 'a');
    expect(stall.hits).toBe(1);
    const second = join(adapter, 'rides', { clientId: 'b' });
    const waiting = reading(second);
    await clock.advance(9_999);
    expect(waiting.brought()).toBe('nothing yet');
    await clock.advance(1);
    expect(waiting.brought()).toEqual(['a1', 'a2']);
    expect(first.reasons).toMatchObject([{ code: 'lease-lost', where: 'memory' }]);

    stall.undo();
    await expect(assignment.settle?.(held)).rejects.toMatchObject({ code: 'lease-lost' });
    expect(first.told).toEqual(['assigned 0', 'lost 0', 'assigned 0']);
    await second.leave();
    expect(await readNames(first)).toEqual(['a1', 'a2']);
  });

  it('takes everything from everybody on demand, and has no partitions to hand over', async () => {
    const { adapter } = await world('a1', 'b1');
    const member = join(adapter, 'rides');
    expect(adapter.control.loseOwnership('rides', 'g', '0')).toBe(false);
    await readNames(member);
    expect(adapter.control.loseOwnership('rides', 'g', '0')).toBe(true);
    expect(adapter.control.rebalance('rides', 'g')).toBe(0);
    expect(await readNames(member)).toEqual(['a1', 'b1']);
  });

  it('ends with its topic', async () => {
    const { adapter } = await world('a1');
    const member = join(adapter, 'rides');
    await readNames(member);
    await adapter.admin.deleteTopic('rides');
    await expect(member.running).rejects.toMatchObject({ code: 'unknown-topic' });
    expect(member.told).toEqual(['assigned 0', 'lost 0']);
  });

  it('leaves out, without a word, what retention removed', async () => {
    const { adapter } = await world('a1', 'b1', 'a2');
    const member = join(adapter, 'rides');
    expect(await readNames(member, 1)).toEqual(['a1']);
    adapter.control.trim('rides', '0', '2');
    await write(adapter, 'rides', event('c', 'c1'));
    expect(await readNames(member)).toEqual(['c1']);
    await member.leave();
    expect(await readNames(join(adapter, 'rides'))).toEqual(['a2', 'c1']);
  });

  it('starts where it was told, and says how far behind it is', async () => {
    const { adapter, clock } = await world('a1', 'a2');
    const late = join(adapter, 'rides', { group: 'late', from: 'latest' });
    const early = join(adapter, 'rides', { group: 'early' });
    await clock.advance(500);
    await write(adapter, 'rides', event('b', 'b1'));
    expect(await readNames(late)).toEqual(['b1']);
    await early.assignment().settle?.(await read(early.assignment(), never, 1));
    const lagOf = async (group: string): Promise<unknown> => (await adapter.admin.lag('rides', group))[0];
    expect(await lagOf('early')).toMatchObject({ partition: '0', events: 2, ms: 500, committed: undefined });
    expect(await lagOf('late')).toMatchObject({ events: 1, ms: 0 });
    expect(await lagOf('nobody')).toMatchObject({ events: 3 });
  });
});

describe('a topic whose events are settled one by one', () => {
  it('has no partitions, and can be read as a range', async () => {
    const { adapter } = await world('a1', 'b1');
    expect(await adapter.admin.describeTopic('rides')).toMatchObject({ name: 'rides', partitionNames: ['0'] });
    expect(await adapter.admin.describeTopic('rides')).not.toHaveProperty('partitions');
    expect(adapter.capabilities).toMatchObject({ settlement: 'individual', reshard: 'none', resetGroup: false });
    expect(await readRange(adapter, { topic: 'rides', from: 'earliest', to: 'now' })).toEqual(['a1', 'b1']);
  });

  it('tells no partition of what it stored, and takes one key a request', async () => {
    const { adapter } = await world();
    expect(await write(adapter, 'rides', event('a', 'a1'))).toEqual([{ partition: undefined, position: '0' }]);
    const sink = adapter.createSink('rides');
    await sink.open(never);
    const batch: LaneBatch = { lane: 'all', events: [event('a', 'a2'), event('b', 'b1')] };
    const [result] = await sink.write('memory', [batch], never);
    expect(StreamError.is(result) && [result.code, result.outcome]).toEqual(['internal', 'not-written']);
    expect(sink.lane(event('a', 'x'))).toBe(sink.lane(event('a', 'y')));
    expect(sink.lane(event('a', 'x'))).not.toBe(sink.lane(event('b', 'x')));
    expect(sink.limits.lanesPerRequest).toBe(1);
  });

  it('needs no other code than any provider: retries, dead letters and a clock that stands still', async () => {
    const clock = createVirtualClock();
    const rides = defineTopic('rides', { raw: true, partitions: 12 });
    const adapter = createMemory({ clock, settlement: 'individual' });
    const streams = await createStreams({ adapter, topics: [rides], clock, random: () => 0.5 });
    const seen: string[] = [];
    const consumer = streams.consumer(rides, { group: 'g', retry: { attempts: 2 } });
    const running = consumer.run(({ value }, { attempt }) => {
      const text = Buffer.from(value ?? []).toString();
      seen.push(`${text} ${attempt}`);
      if (text === 'a1') throw new Error('never');
    });
    const sending = streams
      .producer(rides)
      .sendBatch(['a1', 'a2', 'b1'].map((text) => ({ key: text.slice(0, 1), value: Buffer.from(text) })));
    await clock.advance(1_000);
    await sending;
    await clock.advance(1_000);
    expect(seen).toEqual(['a1 1', 'b1 1', 'a1 2', 'a2 1']);
    const letters = [];
    for await (const letter of streams.deadLetters(rides, { group: 'g' })) letters.push(letter);
    expect(letters).toMatchObject([{ key: 'a', attempts: 2, origin: { partition: '0', position: '0' } }]);
    await streams.close();
    await running;
  });
});
