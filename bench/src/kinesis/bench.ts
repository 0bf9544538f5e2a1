import { benchAgainstRaw } from '../against-raw/bench.ts';
import type { Bench } from '../bench.ts';
import { openStage } from './stage.ts';

export const kinesisBench: Bench = benchAgainstRaw({
  open: openStage,
  // The emulator takes longer for a request the more its shards hold.
  events: 5_000,
  backlog: 30_000,
  few: 200,
  goals: { batches: 1, oneByOne: 20, consume: 1, sendCpu: 2, consumeCpu: 1.3 },
  cost: {
    provider: 'kinesis',
    silentPartitions: 64,
    consumers: 10,
    sessionMs: 10_000,
    goals: {
      'at rest, 64 silent partitions: CPU': { atMost: 8 },
      'a member crashes, until the other one holds all partitions': { atMost: 1.35 },
    },
  },
  clients: ['@aws-sdk/client-kinesis'],
  notes: [
    'The AWS SDK with HTTP/1.1 and kept connections, which is faster than what it does by itself; both clients have it.',
    '12 shards, 1,000 keys, values of 200 bytes. isostream has one record of a key under way; the batches by hand keep no order when a part of one fails.',
    'A round of sending is 5,000 events, because the emulator slows down: making the client, compiling and collecting garbage are a large part of isostream’s processor time in it. Without a service, 20,000 events a round, it is about twice the SDK’s.',
  ],
});
