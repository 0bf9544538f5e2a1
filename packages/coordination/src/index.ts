/** For adapters of services without usable consumer groups: who reads which partition, and from where. */
export { type HeldLease, type Successor } from './held-lease.ts';
export { type CoordinatedPartition, type Lease } from './lease.ts';
export { LeaseCoordinator, type CoordinatorOptions } from './lease-coordinator.ts';
export { type LeaseStore } from './lease-store.ts';
export { createMemoryLeaseStore } from './memory-lease-store.ts';
export { type Origin } from './origin.ts';
export { type Beginning, type PartitionSource } from './partition-source.ts';
export { membersOf } from './members.ts';
export { placeGroup, type Placement, type PlaceGroupOptions } from './place-group.ts';
