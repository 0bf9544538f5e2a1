import { createVirtualClock } from '@isostream/memory';
import { describe, expect, it } from 'vitest';
import { freshLease, type Lease, takenBy } from '../src/lease.ts';
import type { LeaseStore } from '../src/lease-store.ts';
import { createMemoryLeaseStore } from '../src/memory-lease-store.ts';
import { placeGroup, type Placement } from '../src/place-group.ts';

const { signal } = new AbortController();
const clock = createVirtualClock();

async function storeWith(...leases: Lease[]): Promise<LeaseStore> {
  const store = createMemoryLeaseStore();
  for (const lease of leases) await store.create(lease, signal);
  return store;
}

function place(store: LeaseStore, placements: readonly Placement[]): Promise<void> {
  return placeGroup(
    { store, member: 'admin', where: 'test', what: 'group "g"', sessionTimeout: 1_000, clock },
    placements,
    signal,
  );
}

const p = { ...freshLease({ partition: 'p' }, '10'), counter: 4, token: 2 };
const q = { ...freshLease({ partition: 'q' }, '20'), counter: 7, token: 7, isFinished: true };

describe('moving a group', () => {
  it('sets positions, and leaves tokens growing and other partitions alone', async () => {
    const store = await storeWith(p, q, freshLease({ partition: 'r' }, '30'));

    await place(store, [
      { partition: 'p', position: '1' },
      { partition: 'q', position: '2' },
      { partition: 's', position: '3', after: ['q'] },
    ]);

    expect(await store.read('p', signal)).toMatchObject({ position: '1', owner: undefined, token: 5 });
    expect(await store.read('q', signal)).toMatchObject({ position: '2', owner: undefined, isFinished: false });
    expect(await store.read('r', signal)).toMatchObject({ position: '30', owner: undefined });
    expect(await store.read('s', signal)).toMatchObject({ position: '3', owner: undefined, after: ['q'] });
  });

  it('is refused, without effect, while a member renews its lease', async () => {
    const store = await storeWith(takenBy(p, 'a'), q);
    const placed = place(store, [{ partition: 'q', position: '0' }]).catch((error: unknown) => error);
    await clock.advance(300);
    const held = await store.read('p', signal);
    if (held === undefined) throw new Error('no lease');
    await store.replace({ ...held, counter: held.counter + 1 }, held.counter, signal);
    await clock.advance(200);

    expect(await placed).toMatchObject({ code: 'conflict' });
    expect(await store.read('q', signal)).toEqual(q);
  });

  it('waits until the lease of a crashed member has run out', async () => {
    const store = await storeWith(takenBy(p, 'a'));
    let isDone = false;
    const done = place(store, [{ partition: 'p', position: '0' }]).then(() => (isDone = true));
    await clock.advance(900);
    expect(isDone).toBe(false);
    await clock.advance(200);
    await done;
    expect(await store.read('p', signal)).toMatchObject({ position: '0', owner: undefined });
  });

  it('is refused, without effect, when a member comes meanwhile', async () => {
    const store = await storeWith(p, q);
    const meets: LeaseStore = {
      ...store,
      async replace(next, counter, given) {
        if (next.partition === 'q' && next.owner === 'admin') await store.replace(takenBy(q, 'a'), q.counter, given);
        return store.replace(next, counter, given);
      },
    };

    await expect(place(meets, [{ partition: 'p', position: '0' }])).rejects.toMatchObject({ code: 'conflict' });

    expect(await store.read('p', signal)).toMatchObject({ position: '10', owner: undefined });
    expect(await store.read('q', signal)).toMatchObject({ owner: 'a' });
  });
});
