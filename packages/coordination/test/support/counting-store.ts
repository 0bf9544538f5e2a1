import type { LeaseStore } from '../../src/lease-store.ts';
import { createMemoryLeaseStore } from '../../src/memory-lease-store.ts';

/** How often a store was called for what. */
export interface Counts {
  lists: number;
  creates: number;
  refusedCreates: number;
  takes: number;
  refusedTakes: number;
}

export function countingStore(): { readonly store: LeaseStore; readonly counts: Counts } {
  const inner = createMemoryLeaseStore();
  const counts: Counts = { lists: 0, creates: 0, refusedCreates: 0, takes: 0, refusedTakes: 0 };
  const store: LeaseStore = {
    ...inner,
    list(signal) {
      counts.lists++;
      return inner.list(signal);
    },
    async create(lease, signal) {
      counts.creates++;
      const isDone = await inner.create(lease, signal);
      if (!isDone) counts.refusedCreates++;
      return isDone;
    },
    async replace(next, counter, signal) {
      const isDone = await inner.replace(next, counter, signal);
      // The counter of a take is its token.
      if (next.token === next.counter) {
        counts.takes++;
        if (!isDone) counts.refusedTakes++;
      }
      return isDone;
    },
  };
  return { store, counts };
}
