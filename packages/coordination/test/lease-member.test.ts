import { type SourceListener, StreamError, type WatermarkAssignment } from '@isostream/core/adapter';
import { createVirtualClock } from '@isostream/memory';
import { describe, expect, it } from 'vitest';
import type { HeldLease } from '../src/held-lease.ts';
import { LeaseCoordinator, type CoordinatorOptions } from '../src/lease-coordinator.ts';
import { freshLease, type Lease } from '../src/lease.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';
import { leaseMs } from './support/simulated-group.ts';

const { signal } = new AbortController();

const silent: SourceListener = { assigned: () => undefined, revoking: async () => undefined, lost: () => undefined };

describe('one member', () => {
  const clock = createVirtualClock();

  function run(
    change: Partial<CoordinatorOptions>,
    stop: AbortController = new AbortController(),
    listener: SourceListener = silent,
  ): Promise<void> {
    const options: CoordinatorOptions = {
      store: createMemoryLeaseStore(),
      partitions: {
        list: async () => [{ partition: 'p' }],
        start: async () => ({ position: '0' }),
        open: (held) => ({
          partition: held.partition,
          fencingToken: String(held.token),
          read: async () => undefined,
          commit: ({ position }) => held.commit(position),
        }),
      },
      member: 'a',
      where: 'test',
      what: 'group "g"',
      sessionTimeout: leaseMs,
      clock,
      random: () => 0.5,
      ...change,
    };
    return new LeaseCoordinator(options, listener).run(stop.signal);
  }

  const partitions = {
    list: async () => [{ partition: 'p' }],
    start: async () => ({ position: '0' }),
    open: () => {
      throw new Error('no assignment');
    },
  };

  it('asks once where a partition starts, and keeps the answer', async () => {
    const store = createMemoryLeaseStore();
    const asked: string[] = [];
    const counting = {
      ...partitions,
      start: async ({ partition }: { partition: string }) => ({ position: `${partition}@${asked.push(partition)}` }),
      open: ({ partition }: { partition: string }) => ({
        partition,
        fencingToken: undefined,
        read: async () => undefined,
        commit: async () => undefined,
      }),
    };
    for (const member of ['a', 'b']) {
      const stop = new AbortController();
      const done = run({ store, partitions: counting, member }, stop);
      await clock.advance(leaseMs);
      stop.abort();
      await clock.advance(leaseMs);
      await done;
    }
    expect(asked).toEqual(['p']);
    expect(await store.read('p', signal)).toMatchObject({ position: 'p@1', owner: undefined });
  });

  it('rejects with what needs operator action, after it let everything go', async () => {
    const store = createMemoryLeaseStore();
    let allowed = true;
    const revoked: string[] = [];
    const forbidding = {
      ...store,
      list: async () => {
        if (!allowed) throw new StreamError('unauthorized', 'may not list', { where: 'test' });
        return store.list(signal);
      },
    };
    const ended = run({ store: forbidding }, undefined, {
      assigned: () => undefined,
      revoking: async ({ partition }) => void revoked.push(partition),
      lost: () => undefined,
    }).catch((error: unknown) => error);
    await clock.advance(leaseMs);
    allowed = false;
    await clock.advance(leaseMs);

    expect(await ended).toMatchObject({ code: 'unauthorized' });
    expect(revoked).toEqual(['p']);
    expect((await store.read('p', signal))?.owner).toBeUndefined();
  });

  it('rejects for a topic that does not exist', async () => {
    const list = (): Promise<never> => Promise.reject(new StreamError('unknown-topic', 'no', { where: 'test' }));
    await expect(run({ partitions: { ...partitions, list } })).rejects.toMatchObject({ code: 'unknown-topic' });
  });

  it('keeps no lease whose assignment could not be made', async () => {
    const store = createMemoryLeaseStore();
    await expect(run({ store, partitions })).rejects.toMatchObject({ code: 'internal' });
    await clock.advance(2 * leaseMs);
    expect((await store.read('p', signal))?.owner).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it('refuses partitions that wait for each other', async () => {
    const circle = [
      { partition: 'p', after: ['q'] },
      { partition: 'q', after: ['p'] },
    ];
    await expect(run({ partitions: { ...partitions, list: async () => circle } })).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('takes back what it asked for when it leaves', async () => {
    const store = createMemoryLeaseStore();
    const names = ['p', 'q'];
    for (const partition of names) await store.create({ ...freshLease({ partition }, '0'), owner: 'other' }, signal);
    const stop = new AbortController();
    const list = async (): Promise<{ partition: string }[]> => names.map((partition) => ({ partition }));
    const done = run({ store, partitions: { ...partitions, list } }, stop);
    await clock.advance(100);
    expect((await store.list(signal)).map(({ askedBy }) => askedBy)).toEqual([undefined, 'a']);

    stop.abort();
    await clock.advance(100);
    await done;
    expect((await store.list(signal)).map(({ askedBy }) => askedBy)).toEqual([undefined, undefined]);
  });

  it.each([
    ['unauthorized', false],
    ['unavailable', true],
  ] as const)('leaves a partition unfinished whose successors could not get leases: %s', async (code, isOutlasted) => {
    const store = createMemoryLeaseStore();
    const failures: StreamError[] = [];
    const refusing = {
      ...store,
      create: (lease: Lease) => {
        if (lease.partition === 'p' || failures.length === 3) return store.create(lease, signal);
        failures.push(new StreamError(code, 'no', { where: 'test' }));
        return Promise.reject(failures.at(-1) ?? new Error('none'));
      },
    };
    const stop = new AbortController();
    const open = (held: HeldLease): WatermarkAssignment => {
      if (held.partition === 'p') setImmediate(() => held.finish([{ partition: 'q', after: ['p'], position: '7' }]));
      return {
        partition: held.partition,
        fencingToken: undefined,
        read: async () => undefined,
        commit: async () => undefined,
      };
    };
    const ended = run({ store: refusing, partitions: { ...partitions, open } }, stop).catch((error: unknown) => error);
    await clock.advance(2 * leaseMs);
    stop.abort();
    await clock.advance(leaseMs);

    const [p, q] = await Promise.all(['p', 'q'].map((name) => store.read(name, signal)));
    expect(p).toMatchObject({ owner: undefined, isFinished: isOutlasted });
    if (isOutlasted) expect(q).toMatchObject({ position: '7', after: ['p'], owner: undefined });
    else expect(await ended).toMatchObject({ code });
    await ended;
    expect(clock.pending).toBe(0);
  });

  it('does not wait for a list of partitions when it leaves', async () => {
    const stop = new AbortController();
    const done = run({ partitions: { ...partitions, list: () => new Promise(() => undefined) } }, stop);
    await clock.advance(100);
    stop.abort();
    await expect(done).resolves.toBeUndefined();
  });

  it('leaves no timer behind', async () => {
    const stop = new AbortController();
    const done = run({}, stop);
    await clock.advance(3 * leaseMs);
    stop.abort();
    await clock.advance(100);
    await done;
    expect(clock.pending).toBe(0);
  });

  it('refuses a lease that is too short', () => {
    expect(() => void run({ sessionTimeout: 50 })).toThrow(expect.objectContaining({ code: 'invalid-config' }));
  });
});
