export { createMemoryBroker, type MemoryBroker } from './service/broker.ts';
export type { MemoryBrokerOptions } from './options.ts';
export { memoryCapabilities } from './capabilities.ts';
export type { FaultScope, MemoryControl } from './control.ts';
export type { Fault, Faults } from './service/faults.ts';
export { createMemory, memoryOptions, type MemoryAdapter, type MemoryOptions } from './memory.ts';
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
