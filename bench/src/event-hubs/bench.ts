import { benchAgainstRaw } from '../against-raw/bench.ts';
import type { Bench } from '../bench.ts';
import { openStage } from './stage.ts';

export const eventHubsBench: Bench = benchAgainstRaw({
  open: openStage,
  events: 50_000,
  few: 1_000,
  goals: { batches: 1, oneByOne: 20, consume: 1.1, consumeCpu: 1 },
  cost: {
    provider: 'event-hubs',
    silentPartitions: 32,
    consumers: 10,
    sessionMs: 10_000,
    goals: { 'a member crashes, until the other one holds all partitions': { atMost: 1.35 } },
  },
  clients: ['@azure/event-hubs'],
  notes: [
    'Microsoft’s client against our own emulator in a process of its own: it shows what the clients cost, not the service.',
    '12 partitions, 1,000 keys, values of 200 bytes. By hand a key goes to a partition that the bench computes, one batch of it in flight.',
  ],
});
