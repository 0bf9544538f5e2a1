export { createMemoryBroker, type MemoryBroker, type MemoryBrokerOptions } from './broker.ts';
export { memoryCapabilities } from './capabilities.ts';
export type { FaultScope, MemoryControl } from './control.ts';
export type { Fault, Faults } from './faults.ts';
export { createMemory, type MemoryAdapter, type MemoryOptions } from './memory.ts';
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
