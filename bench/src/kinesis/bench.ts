import { benchAgainstRaw } from '../against-raw/bench.ts';
import type { Bench } from '../bench.ts';
import { openStage } from './stage.ts';

export const kinesisBench: Bench = benchAgainstRaw({
  open: openStage,
  // The emulator takes longer for a request the more its shards hold.
  events: 5_000,
  few: 200,
  goals: { batches: 0.9, oneByOne: 20, consume: 0.9 },
  notes: [
    'The AWS SDK with HTTP/1.1 and kept connections, which is faster than what it does by itself; both clients have it.',
    '12 shards, 1,000 keys, values of 200 bytes. isostream has one record of a key under way; the batches by hand keep no order when a part of one fails.',
  ],
});
