import { type Adapter, openAdapter } from '@isostream/core/adapter';
import * as own from '../../src/index.ts';

export * from '../../src/index.ts';

/** The adapter with what is inside, which applications do not see. */
export type KafkaAdapter = own.KafkaAdapter & Adapter;

export function createKafka(options: own.KafkaOptions): KafkaAdapter {
  return openAdapter(own.createKafka(options));
}
