import type { Lease } from './lease.ts';
import type { LeaseStore } from './lease-store.ts';

/** Leases in this process, for tests and as the reference for other stores. Every call takes effect when it is made. */
export function createMemoryLeaseStore(): LeaseStore {
  const leases = new Map<string, Lease>();
  return {
    list: async () => [...leases.values()],
    read: async (partition) => leases.get(partition),
    async create(lease) {
      if (leases.has(lease.partition)) return false;
      leases.set(lease.partition, lease);
      return true;
    },
    async replace(next, counter) {
      if (leases.get(next.partition)?.counter !== counter) return false;
      leases.set(next.partition, next);
      return true;
    },
    async delete(partition, counter) {
      return leases.get(partition)?.counter === counter && leases.delete(partition);
    },
  };
}
