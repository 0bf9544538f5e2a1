import { deepEqual, equal } from 'node:assert/strict';
import { freshLease, type Lease, takenBy } from './lease.ts';
import type { LeaseStore } from './lease-store.ts';

export type { Lease } from './lease.ts';
export type { LeaseStore } from './lease-store.ts';

/** One thing that every store has to do. */
export interface LeaseStoreCheck {
  readonly name: string;
  /** Throws where the store, empty at first, does not. */
  readonly run: (store: LeaseStore) => Promise<void>;
}

const { signal } = new AbortController();

/** For tests of a store: each check needs an empty one. `createMemoryLeaseStore` passes them. */
export const leaseStoreChecks: readonly LeaseStoreCheck[] = [
  {
    name: 'is empty at first',
    async run(store) {
      deepEqual(await store.list(signal), []);
      equal(await store.read('p', signal), undefined);
      equal(await store.replace(lease('p', { counter: 1 }), 0, signal), false);
      equal(await store.delete('p', 0, signal), false);
      deepEqual(await store.list(signal), []);
    },
  },
  {
    name: 'gives back every field as it was stored, at once',
    async run(store) {
      const full: Lease = {
        partition: 'part-0001:a',
        counter: 9_007_199_254_740_991,
        token: 9_007_199_254_740_990,
        owner: 'member one/4711',
        askedBy: 'member two/4712',
        position: '49590338271490256608559692538361571095921575989136588898',
        after: ['part-0000:a', 'part-0000:b'],
        isFinished: true,
      };
      const bare = lease('part-0002', { position: '' });
      equal(await store.create(full, signal), true);
      equal(await store.create(bare, signal), true);
      deepEqual(await store.read(full.partition, signal), full);
      deepEqual(await store.read(bare.partition, signal), bare);
      deepEqual(byPartition(await store.list(signal)), [full, bare]);
    },
  },
  {
    name: 'creates a lease once',
    async run(store) {
      equal(await store.create(lease('p', { position: 'first' }), signal), true);
      equal(await store.create(lease('p', { position: 'second' }), signal), false);
      equal((await store.read('p', signal))?.position, 'first');
      const results = await Promise.all(many.map(() => store.create(lease('q'), signal)));
      equal(results.filter(Boolean).length, 1);
    },
  },
  {
    name: 'replaces a lease whole, and only at the counter that was named',
    async run(store) {
      const first = takenBy(lease('p', { after: ['o'] }), 'a');
      const next: Lease = { ...first, counter: 2, owner: undefined, askedBy: 'b', position: '5', after: [] };
      await store.create(first, signal);
      equal(await store.replace(next, 0, signal), false);
      equal(await store.replace(next, 2, signal), false);
      deepEqual(await store.read('p', signal), first);
      equal(await store.replace(next, 1, signal), true);
      deepEqual(await store.read('p', signal), next);
      deepEqual(await store.list(signal), [next]);
      equal(await store.replace(next, 1, signal), false);
    },
  },
  {
    name: 'lets one of many win',
    async run(store) {
      const free = lease('p');
      await store.create(free, signal);
      const results = await Promise.all(many.map((member) => store.replace(takenBy(free, member), 0, signal)));
      equal(results.filter(Boolean).length, 1);
      equal((await store.read('p', signal))?.owner, many[results.indexOf(true)]);
    },
  },
  {
    name: 'deletes a lease only at the counter that was named',
    async run(store) {
      await store.create(lease('p', { counter: 3 }), signal);
      equal(await store.delete('p', 2, signal), false);
      equal((await store.list(signal)).length, 1);
      equal(await store.delete('p', 3, signal), true);
      equal(await store.read('p', signal), undefined);
      equal(await store.create(lease('p'), signal), true);
    },
  },
  {
    name: 'lists more than fits into one answer',
    async run(store) {
      const all = Array.from({ length: 300 }, (_, index) =>
        lease(`part-${String(index).padStart(4, '0')}`, { position: 'x'.repeat(4_000) }),
      );
      for (let index = 0; index < all.length; index += 20)
        await Promise.all(all.slice(index, index + 20).map((one) => store.create(one, signal)));
      deepEqual(byPartition(await store.list(signal)), all);
    },
  },
];

const many = Array.from({ length: 40 }, (_, index) => `member-${index}`);

function lease(partition: string, change: Partial<Lease> = {}): Lease {
  return { ...freshLease({ partition }, 'start'), ...change };
}

function byPartition(leases: readonly Lease[]): Lease[] {
  return leases.toSorted((a, b) => (a.partition < b.partition ? -1 : 1));
}
