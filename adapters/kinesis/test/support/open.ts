import { type Adapter, openAdapter } from '@isostream/core/adapter';
import * as own from '../../src/index.ts';

export * from '../../src/index.ts';

/** The adapter with what is inside, which applications do not see. */
export type KinesisAdapter = own.KinesisAdapter & Adapter;

export function createKinesis(options?: own.KinesisOptions): KinesisAdapter {
  return openAdapter(own.createKinesis(options));
}
