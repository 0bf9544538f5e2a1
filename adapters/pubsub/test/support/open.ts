import { type Adapter, openAdapter } from '@isostream/core/adapter';
import * as own from '../../src/index.ts';

export * from '../../src/index.ts';

/** The adapter with what is inside, which applications do not see. */
export type PubSubAdapter = own.PubSubAdapter & Adapter;

export function createPubSub(options?: own.PubSubOptions): PubSubAdapter {
  return openAdapter(own.createPubSub(options));
}
