import { StreamError } from '@isostream/core/adapter';
import { createVirtualClock } from '@isostream/memory';
import { beforeEach, describe, expect, it } from 'vitest';
import { type LeaseEvents, OwnLease } from '../src/held-lease.ts';
import { freshLease, type Lease, takenBy } from '../src/lease.ts';
import type { LeaseStore } from '../src/lease-store.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';
import { StoreCalls } from '../src/store-calls.ts';

const leaseMs = 900;
const { signal } = new AbortController();

describe('a lease that is held', () => {
  let clock = createVirtualClock();
  let store: LeaseStore = createMemoryLeaseStore();
  /** Set, it answers in place of the store's own replace. */
  let answer: ((next: Lease, counter: number) => Promise<boolean>) | undefined;
  let seen: string[] = [];

  beforeEach(async () => {
    clock = createVirtualClock();
    store = createMemoryLeaseStore();
    answer = undefined;
    seen = [];
    await store.create(freshLease({ partition: 'p' }, 'start'), signal);
  });

  async function take(member: string): Promise<OwnLease> {
    const events: LeaseEvents = {
      asked: () => seen.push(`${member} asked`),
      lost: () => seen.push(`${member} lost`),
      finished: () => seen.push(`${member} finished`),
      restored: (found) => seen.push(`${member} ${found === undefined ? 'deleted' : 'older'}`),
      troubled: (error) => seen.push(`${member} ${error.code}`),
    };
    const through: LeaseStore = { ...store, replace: (next, counter) => (answer ?? direct)(next, counter) };
    const calls = new StoreCalls(through, clock, leaseMs / 3, 'test');
    const taken = takenBy(await stored(), member);
    expect(await store.replace(taken, taken.counter - 1, signal)).toBe(true);
    return new OwnLease(
      taken,
      clock.monotonic(),
      { store: calls, clock, member, leaseMs, where: 'test', what: 'x' },
      events,
    );
  }

  const direct = (next: Lease, counter: number): Promise<boolean> => store.replace(next, counter, signal);

  async function stored(): Promise<Lease> {
    const lease = await store.read('p', signal);
    if (lease === undefined) throw new Error('no lease');
    return lease;
  }

  it('that was abandoned is lost at once, and writes nothing more', async () => {
    const lease = await take('a');
    const before = await stored();
    const reason = new StreamError('lease-lost', 'the service gave it to somebody else', { where: 'test' });

    lease.abandon(reason);
    lease.abandon(reason);
    expect(seen).toEqual(['a lost']);
    expect(lease.isHeld).toBe(false);
    expect(lease.signal.reason).toBe(reason);
    await expect(lease.commit('1')).rejects.toMatchObject({ code: 'lease-lost' });
    await clock.advance(leaseMs * 2);
    expect(await stored()).toEqual(before);
  });

  it('is renewed for as long as it is held, also when nothing is committed', async () => {
    const lease = await take('a');
    const before = (await stored()).counter;

    await clock.advance(10 * leaseMs);

    expect(lease.isHeld).toBe(true);
    expect((await stored()).counter).toBeGreaterThanOrEqual(before + 30);
    expect((await stored()).token).toBe(lease.token);
  });

  it('needs no renewals of its own while commits come', async () => {
    const lease = await take('a');
    const before = (await stored()).counter;

    for (let turn = 0; turn < 20; turn++) {
      await lease.commit(String(turn));
      await clock.advance(leaseMs / 4);
    }

    expect((await stored()).counter).toBe(before + 20);
  });

  it('stores a position, and nothing any more once it is released', async () => {
    const lease = await take('a');
    await lease.commit('7');
    await lease.release();

    expect(await stored()).toMatchObject({ position: '7', owner: undefined });
    await expect(lease.commit('8')).rejects.toMatchObject({ code: 'lease-lost' });
    await clock.advance(5 * leaseMs);
    expect(await stored()).toMatchObject({ position: '7', owner: undefined });
    expect(lease.signal.aborted).toBe(true);
    expect(seen).toEqual([]);
  });

  it('refuses a former owner, who then knows', async () => {
    const former = await take('a');
    const present = await take('b');
    await present.commit('20');

    await expect(former.commit('10')).rejects.toMatchObject({ code: 'lease-lost', retryable: false });

    expect(await stored()).toMatchObject({ position: '20', owner: 'b' });
    expect(seen).toEqual(['a lost']);
    expect(former.signal.aborted).toBe(true);
  });

  it('refuses an earlier lease of the same member', async () => {
    const former = await take('a');
    const present = await take('a');
    await present.commit('20');

    await expect(former.commit('10')).rejects.toMatchObject({ code: 'lease-lost' });

    expect(await stored()).toMatchObject({ position: '20', token: present.token });
    expect(present.isHeld).toBe(true);
  });

  it('is refused after a pause that was longer than the lease, although nobody took it', async () => {
    const lease = await take('a');
    answer = () => Promise.reject(new StreamError('unavailable', 'down', { where: 'test' }));
    await clock.advance(leaseMs + 1);
    answer = undefined;

    await expect(lease.commit('10')).rejects.toMatchObject({ code: 'lease-lost' });

    expect((await stored()).position).toBe('start');
    expect(seen.at(-1)).toBe('a lost');
  });

  it('notices, as soon as it is asked, that the process was paused, before any timer can tell', async () => {
    const paused = { ...clock, timer: () => () => undefined };
    const taken = takenBy(await stored(), 'a');
    await store.replace(taken, taken.counter - 1, signal);
    const events: LeaseEvents = {
      asked: () => undefined,
      lost: () => seen.push('lost'),
      finished: () => undefined,
      restored: () => undefined,
      troubled: () => undefined,
    };
    const calls = new StoreCalls(store, paused, leaseMs, 'test');
    const terms = {
      store: calls,
      clock: { ...paused, monotonic: () => now },
      member: 'a',
      leaseMs,
      where: 'test',
      what: 'x',
    };
    let now = 0;
    const lease = new OwnLease(taken, 0, terms, events);

    expect(lease.isHeld).toBe(true);
    now = leaseMs;

    expect(lease.isHeld).toBe(false);
    await expect(lease.commit('1')).rejects.toMatchObject({ code: 'lease-lost' });
    expect(seen).toEqual(['lost']);
  });

  it('outlives a store that is away for less than the lease', async () => {
    const lease = await take('a');
    answer = () => Promise.reject(new StreamError('unavailable', 'down', { where: 'test' }));
    await clock.advance(leaseMs * 0.6);
    answer = undefined;
    await clock.advance(leaseMs);

    expect(lease.isHeld).toBe(true);
    await lease.commit('1');
    expect(seen).not.toContain('a lost');
  });

  it('is lost in time by a store that does not answer at all', async () => {
    await take('a');
    answer = () => new Promise(() => undefined);

    await clock.advance(leaseMs);

    expect(seen.at(-1)).toBe('a lost');
  });

  it('lasts from the moment of a renewal, not from its answer', async () => {
    const lease = await take('a');
    answer = async (next, counter) => {
      const isReplaced = await direct(next, counter);
      await new Promise<void>((resolve) => void clock.timer(leaseMs / 4, resolve));
      return isReplaced;
    };
    const committed = lease.commit('1');
    await clock.advance(leaseMs / 4);
    await committed;
    answer = () => Promise.reject(new StreamError('unavailable', 'down', { where: 'test' }));

    await clock.advance(leaseMs * 0.75 - 1);
    expect(lease.isHeld).toBe(true);
    await clock.advance(1);
    expect(lease.isHeld).toBe(false);
  });

  it('goes on after a write whose answer was lost', async () => {
    const lease = await take('a');
    answer = async (next, counter) => {
      answer = undefined;
      await direct(next, counter);
      throw new StreamError('timeout', 'lost', { where: 'test' });
    };

    await expect(lease.commit('5')).rejects.toMatchObject({ code: 'timeout', retryable: true });
    expect((await stored()).position).toBe('5');
    await lease.commit('6');

    expect((await stored()).position).toBe('6');
    expect(lease.isHeld).toBe(true);
  });

  it('learns from its next write that somebody asked, and keeps the question', async () => {
    const lease = await take('a');
    const now = await stored();
    await direct({ ...now, askedBy: 'b', counter: now.counter + 1 }, now.counter);

    await lease.commit('9');

    expect(seen).toEqual(['a asked']);
    await lease.release();
    expect(await stored()).toMatchObject({ position: '9', owner: undefined, askedBy: 'b' });
  });

  it('learns from a list that somebody asked or took, and nothing from an old list', async () => {
    const lease = await take('a');
    const now = await stored();
    lease.seen({ ...now, owner: 'b', counter: now.counter - 1 });
    lease.seen({ ...now, askedBy: 'b', counter: now.counter + 1 });
    lease.seen({ ...now, owner: 'b', token: now.counter + 2, counter: now.counter + 2 });

    expect(seen).toEqual(['a asked', 'a lost']);
  });

  it('is let go when the store is back, and says nothing if it ran out before', async () => {
    const lease = await take('a');
    answer = () => Promise.reject(new StreamError('unavailable', 'down', { where: 'test' }));
    const released = lease.release();
    await clock.advance(leaseMs / 4);
    answer = undefined;
    await clock.advance(leaseMs / 4);
    await released;
    expect((await stored()).owner).toBeUndefined();

    const second = await take('b');
    answer = () => Promise.reject(new StreamError('unavailable', 'down', { where: 'test' }));
    const never = second.release();
    await clock.advance(2 * leaseMs);
    await never;
    expect((await stored()).owner).toBe('b');
    expect(seen.filter((what) => what.endsWith('lost'))).toEqual([]);
  });

  it('lets one write at a time through, in the order of the calls', async () => {
    const lease = await take('a');
    await Promise.all([lease.commit('1'), lease.commit('2'), lease.commit('3'), lease.release()]);
    expect(await stored()).toMatchObject({ position: '3', owner: undefined });
  });

  it('is written anew where somebody else deleted it: same place, same token, a greater counter', async () => {
    const lease = await take('a');
    await lease.commit('7');
    const { counter } = await stored();
    await store.delete('p', counter, signal);

    await clock.advance(leaseMs / 3);

    expect(await stored()).toMatchObject({ position: '7', token: lease.token, owner: 'a', counter: counter + 1 });
    await lease.commit('8');
    expect(await stored()).toMatchObject({ position: '8' });
    expect(seen).toEqual(['a deleted']);
  });

  it.each<[what: string, older: Partial<Lease>]>([
    ['an older copy of its own', { counter: 1, position: 'old' }],
    ['an older copy of another owner', { counter: 1, token: 0, owner: 'b', position: 'old' }],
    ['a fresh one, that another member took', { counter: 2, token: 0, owner: 'b', position: 'start' }],
  ])('is written anew over %s', async (_, older) => {
    const first = await take('z');
    await first.release();
    const lease = await take('a');
    await lease.commit('7');
    const before = await stored();
    await store.replace({ ...before, ...older }, before.counter, signal);

    await clock.advance(leaseMs / 3);

    expect(await stored()).toMatchObject({
      position: '7',
      token: lease.token,
      owner: 'a',
      counter: before.counter + 1,
    });
    expect(lease.isHeld).toBe(true);
    expect(seen).toContain('a older');
  });

  it('keeps its place where it was deleted while it is let go', async () => {
    const lease = await take('a');
    await lease.commit('7');
    await store.delete('p', (await stored()).counter, signal);
    await lease.release();
    expect(await stored()).toMatchObject({ position: '7', token: lease.token, owner: undefined });
  });
});
