import { benchAgainstRaw } from '../against-raw/bench.ts';
import type { Bench } from '../bench.ts';
import { openStage } from './stage.ts';

export const pubsubBench: Bench = benchAgainstRaw({
  open: openStage,
  events: 10_000,
  few: 500,
  goals: { batches: 1, oneByOne: 2, consume: 1, consumeCpu: 0.8 },
  cost: { provider: 'pubsub', silentPartitions: 1, consumers: 10, goals: {} },
  clients: ['@google-cloud/pubsub'],
  notes: [
    'Google’s client with ordering keys on, as isostream has them.',
    '1,000 keys, values of 200 bytes. The client calls a handler for a key without waiting for the last; isostream waits.',
  ],
});
