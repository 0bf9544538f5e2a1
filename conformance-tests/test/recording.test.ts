import { createStreams, type HandlerContext, StreamError } from '@isostream/core';
import {
  type Adapter,
  type EncodedEvent,
  type Assignment,
  type LaneBatch,
  CollectedPage,
  type Cursor,
  type StoredEvent,
  type SourceListener,
  openAdapter,
} from '@isostream/core/adapter';
import { createMemory, type MemoryAdapter, type MemoryOptions } from '@isostream/memory';
import { describe, expect, it } from 'vitest';
import { History } from '../src/history/history.ts';
import { assignmentOf, type Assignments, recordingAdapter } from '../src/history/recording-adapter.ts';
import { type LoadEvent, loadTopic } from '../src/load/load-topic.ts';
import { recordedCall } from '../src/run/recorded-call.ts';

const never = new AbortController().signal;

/** What one read hands over, with room for so many events. */
async function read(cursor: Cursor, signal = never, events = Infinity): Promise<readonly StoredEvent[]> {
  const page = new CollectedPage({ events });
  await cursor.read(page, signal);
  return page.events;
}

interface World {
  readonly memory: MemoryAdapter & Adapter;
  readonly adapter: Adapter;
  readonly history: History;
  readonly assignments: Assignments;
}

async function world(options: MemoryOptions = {}): Promise<World> {
  const memory = openAdapter(createMemory(options));
  const history = new History();
  const assignments: Assignments = new Map();
  await memory.admin.createTopic('rides', { partitions: 1 });
  return { memory, adapter: recordingAdapter(memory, history, assignments), history, assignments };
}

/** A member as core would be one, but for the handlers. */
function join(adapter: Adapter, clientId = 'm1', drain = async (): Promise<void> => undefined) {
  const assignments: Assignment[] = [];
  const lost: StreamError[] = [];
  const leave = new AbortController();
  const listener: SourceListener = {
    assigned: (assignment) => void assignments.push(assignment),
    revoking: drain,
    lost: (_lane, reason) => void lost.push(reason),
  };
  const running = adapter
    .createSource({ topic: 'rides', group: 'g', from: 'earliest', clientId })
    .run(listener, leave.signal);
  return {
    assignments,
    lost,
    leave: (): Promise<void> => {
      leave.abort();
      return running;
    },
    assignment(): Assignment {
      const assignment = assignments.at(-1);
      if (assignment === undefined) throw new Error('no assignment is assigned');
      return assignment;
    },
  };
}

async function write(adapter: Adapter, ...texts: string[]): Promise<void> {
  const sink = adapter.createSink('rides');
  await sink.open(never);
  const events = texts.map((text): EncodedEvent => ({ key: 'k', value: Buffer.from(text), headers: [] }));
  const batch: LaneBatch = { lane: sink.lane({ key: 'k', value: null, headers: [] }), events };
  const [result] = await sink.write(sink.route(batch.lane), [batch], never);
  expect(result).toHaveLength(texts.length);
  await sink.close();
}

function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

const kinds = (history: History): string[] => history.entries.map(({ kind }) => kind);

describe('the recording adapter', () => {
  it('records an assignment, a read, a commit and a leave, and changes none of them', async () => {
    const { memory, adapter, history, assignments } = await world();
    await write(adapter, 'one', 'three');
    const member = join(adapter);

    const events = await read(member.assignment());
    await member.assignment().commit?.({ partition: '0', position: '1' });
    await member.leave();

    const ownership = {
      topic: 'rides',
      group: 'g',
      member: 'm1',
      partition: '0',
      assignment: assignmentOf(assignments, 'g', { topic: 'rides', partition: '0', position: '0', fencingToken: '1' }),
    };
    expect(history.entries).toMatchObject([
      { kind: 'assign', fencingToken: '1', ...ownership },
      { kind: 'read', events: 2, bytes: 'one'.length + 'three'.length + 2, ...ownership },
      { kind: 'commit', position: '1', ...ownership },
      { kind: 'revoke', ...ownership },
    ]);
    expect(events).toMatchObject([{ value: Buffer.from('one') }, { value: Buffer.from('three') }]);
    expect(await memory.admin.lag('rides', 'g')).toMatchObject([{ events: 0, committed: '2' }]);
  });

  it('passes on what the adapter declares and how an assignment is called', async () => {
    const { memory, adapter } = await world();
    const member = join(adapter);

    expect(adapter).toMatchObject({ name: 'memory', capabilities: memory.capabilities });
    expect(member.assignment()).toMatchObject({ partition: '0', fencingToken: '1' });
    const sink = adapter.createSink('rides');
    await sink.open(never);
    expect(sink.maxEventBytes).toBe(1_048_576);
    await member.leave();
  });

  it('records a commit that failed as that, and hands the error on', async () => {
    const { memory, adapter, history } = await world();
    const member = join(adapter);
    using fault = memory.control.failCommits({ times: 1 });

    await expect(member.assignment().commit?.({ partition: '0', position: '4' })).rejects.toMatchObject({
      code: 'unavailable',
    });
    await member.assignment().commit?.({ partition: '0', position: '4' });

    expect(fault.hits).toBe(1);
    expect(kinds(history)).toEqual(['assign', 'commit-failed', 'commit']);
    expect(history.of('commit-failed')).toMatchObject([{ code: 'unavailable', partition: '0', position: '4' }]);
    await member.leave();
  });

  it('places one that failed at its beginning as well, with the events that were to be told', async () => {
    const { memory, adapter, history } = await world({ settlement: 'individual' });
    const member = join(adapter);
    await write(adapter, 'one', 'two');
    const events = await read(member.assignment());
    using delay = memory.control.delay('commit', 20);
    using fault = memory.control.failCommits({ times: 1 });

    const settling = member.assignment().settle?.(events);
    history.record({ kind: 'mark', name: 'while it is under way' });
    await expect(settling).rejects.toMatchObject({ code: 'unavailable' });

    expect([delay.hits, fault.hits]).toEqual([1, 1]);
    expect(kinds(history).slice(-2)).toEqual(['commit-failed', 'mark']);
    expect(history.of('commit-failed')[0]?.told).toEqual(events.map(({ position }) => position));
    await member.leave();
  });

  it('gives every assignment a number of its own, and records a loss as a loss', async () => {
    const { memory, adapter, history } = await world();
    const member = join(adapter);
    const before = member.assignment();

    expect(memory.control.loseOwnership('rides', 'g', '0')).toBe(true);
    await expect(before.commit?.({ partition: '0', position: '0' })).rejects.toMatchObject({ code: 'lease-lost' });
    await member.leave();

    expect(kinds(history)).toEqual(['assign', 'lost', 'assign', 'commit-failed', 'revoke']);
    const [first, second] = history.of('assign');
    expect(second?.assignment).toBeGreaterThan(first?.assignment ?? Infinity);
    expect(history.of('lost')).toMatchObject([{ assignment: first?.assignment }]);
    expect(history.of('commit-failed')).toMatchObject([{ code: 'lease-lost', assignment: first?.assignment }]);
    expect(history.of('revoke')).toMatchObject([{ assignment: second?.assignment }]);
    expect(member.lost).toMatchObject([{ code: 'lease-lost' }]);
  });

  it('records a partition that is lost in the middle of its hand-over as lost, once', async () => {
    const { memory, adapter, history } = await world();
    const began = gate();
    const drained = gate();
    const member = join(adapter, 'm1', () => {
      began.open();
      return drained.passed;
    });
    const leaving = member.leave();
    await began.passed;
    memory.control.loseOwnership('rides', 'g', '0');
    drained.open();
    await leaving;
    // What the hand-over still has to say, it says now.
    await new Promise((resolve) => setImmediate(resolve));

    expect(kinds(history)).toEqual(['assign', 'lost']);
    expect(member.lost).toHaveLength(1);
  });

  it('places a commit at its beginning, since its effect may be as early', async () => {
    const { memory, adapter, history } = await world();
    const member = join(adapter);
    using fault = memory.control.delay('commit', 20);
    const committing = member.assignment().commit?.({ partition: '0', position: '0' });
    history.record({ kind: 'mark', name: 'while it is under way' });
    await committing;

    expect(fault.hits).toBe(1);
    expect(history.arrivals.map(({ kind }) => kind)).toEqual(['assign', 'mark', 'commit']);
    expect(kinds(history)).toEqual(['assign', 'commit', 'mark']);
    await member.leave();
  });

  it('records no read that brought nothing', async () => {
    const { adapter, history } = await world();
    await write(adapter, 'one');
    const member = join(adapter);

    expect(await read(member.assignment(), never, 0)).toEqual([]);
    const reading = new AbortController();
    const waiting = read(member.assignment(), reading.signal);
    expect(await waiting).toHaveLength(1);
    const idle = read(member.assignment(), reading.signal);
    reading.abort();
    expect(await idle).toEqual([]);

    expect(history.of('read')).toMatchObject([{ events: 1 }]);
    await member.leave();
  });

  it('records a dead letter once it is stored, under the id of its event', async () => {
    const memory = openAdapter(createMemory());
    const history = new History();
    const adapter = recordingAdapter(memory, history, new Map());
    const topic = loadTopic('rides', { partitions: 1 });
    await using streams = await createStreams({ adapter, topics: [topic] });
    const { partition, position } = await streams
      .producer(topic)
      .send({ type: 'load', id: 'k#0', data: { key: 'k', seq: 0 } });
    history.record({ kind: 'sent', topic: 'rides', id: 'k#0', partition, position });
    using fault = memory.control.failWrites({ topic: 'rides.g.dlq', times: 2 });
    const consumer = streams.consumer(topic, { group: 'g', retry: { attempts: 2, backoff: { initial: 1, max: 1 } } });
    const running = consumer.run(() => {
      throw new Error('never');
    });

    await expect.poll(() => history.count('dead')).toBe(1);
    await consumer.close();
    await running;

    expect(fault.hits).toBe(2);
    expect(history.of('dead')).toMatchObject([
      { topic: 'rides', group: 'g', id: 'k#0', attempts: 2, code: 'handler-failed' },
    ]);
    const order = kinds(history);
    expect(order.indexOf('dead')).toBeLessThan(order.indexOf('commit'));
  });
});

describe('a recorded call', () => {
  const event: LoadEvent = {
    id: 'k#0',
    type: 'load',
    source: 'test',
    time: new Date(0),
    key: 'k',
    data: { key: 'k', seq: 0 },
    extensions: {},
    headers: {},
  };
  const contextOf = (fencingToken: string | undefined, signal = never, position = '0'): HandlerContext => ({
    topic: 'rides',
    group: 'g',
    partition: '0',
    position,
    attempt: 1,
    signal,
    fencingToken,
    native: undefined,
  });

  it('stands under the assignment by which its event came, also when the member has a newer one', async () => {
    const { memory, adapter, history, assignments } = await world();
    const member = join(adapter);
    const recorder = { history, assignments, member: 'm1', group: 'g' };
    const old = contextOf(member.assignment().fencingToken);
    memory.control.loseOwnership('rides', 'g', '0');
    await recordedCall(recorder, event, old, () => undefined);
    await recordedCall(recorder, event, contextOf(member.assignment().fencingToken), () => undefined);

    const [first, second] = history.of('assign');
    expect(history.of('deliver').map(({ assignment }) => assignment)).toEqual([first?.assignment, second?.assignment]);
    expect(history.of('settle').map(({ assignment }) => assignment)).toEqual([first?.assignment, second?.assignment]);
    await member.leave();
  });

  it('is told apart by the place of its event where assignments have no token', async () => {
    const { memory, adapter, history, assignments } = await world({ settlement: 'individual' });
    const member = join(adapter);
    await write(adapter, 'one');
    await read(member.assignment());
    expect(memory.control.loseOwnership('rides', 'g', '0')).toBe(true);
    const recorder = { history, assignments, member: 'm1', group: 'g' };
    await recordedCall(recorder, event, contextOf(undefined), () => undefined);
    await read(member.assignment());
    await recordedCall(recorder, event, contextOf(undefined), () => undefined);

    const [first, second] = history.of('assign');
    expect(history.of('deliver').map(({ assignment }) => assignment)).toEqual([first?.assignment, second?.assignment]);
    await member.leave();
  });

  it('tells that its signal was aborted while it ran, and why, once', async () => {
    const history = new History();
    const recorder = { history, assignments: new Map<string, number>(), member: 'm1', group: 'g' };
    const lost = new AbortController();
    const reason = new StreamError('lease-lost', 'gone', { where: 'test' });
    await recordedCall(recorder, event, contextOf('1', lost.signal), () => lost.abort(reason));
    const early = contextOf('1', AbortSignal.abort('too late'), '1');
    await recordedCall(recorder, event, early, () => undefined);

    expect(kinds(history)).toEqual(['deliver', 'aborted', 'settle', 'deliver', 'aborted', 'settle']);
    expect(history.of('aborted')).toMatchObject([
      { id: 'k#0', position: '0', code: 'lease-lost' },
      { id: 'k#0', position: '1', code: 'too late' },
    ]);
  });

  it('tells nothing of a signal that is aborted when it is over', async () => {
    const history = new History();
    const recorder = { history, assignments: new Map<string, number>(), member: 'm1', group: 'g' };
    const lost = new AbortController();
    await recordedCall(recorder, event, contextOf('1', lost.signal), () => undefined);
    const failing = recordedCall(recorder, event, contextOf('1', lost.signal), () => {
      throw new Error('not this time');
    });
    await expect(failing).rejects.toThrow('not this time');
    lost.abort();

    expect(kinds(history)).toEqual(['deliver', 'settle', 'deliver', 'settle']);
  });
});
