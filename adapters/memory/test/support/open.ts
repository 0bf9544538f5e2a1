import { type Adapter, openAdapter } from '@isostream/core/adapter';
import * as own from '../../src/index.ts';

export * from '../../src/index.ts';

/** The adapter with what is inside, which applications do not see. */
export type MemoryAdapter = own.MemoryAdapter & Adapter;

export function createMemory(options?: own.MemoryOptions): MemoryAdapter {
  return openAdapter(own.createMemory(options));
}
