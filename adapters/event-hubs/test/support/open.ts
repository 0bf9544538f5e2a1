import { type Adapter, openAdapter } from '@isostream/core/adapter';
import * as own from '../../src/index.ts';

export * from '../../src/index.ts';

/** The adapter with what is inside, which applications do not see. */
export type EventHubsAdapter = own.EventHubsAdapter & Adapter;

export function createEventHubs(options: own.EventHubsOptions): EventHubsAdapter {
  return openAdapter(own.createEventHubs(options));
}
