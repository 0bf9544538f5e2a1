import { messages } from '../load.ts';
import { row, type Row } from '../row.ts';
import { runRounds } from '../rounds.ts';
import { sendOutstanding } from '../sending.ts';
import { type AgainstRaw, own, sendAll } from './measure.ts';
import type { RawStage } from './raw-client.ts';

const keys = 10;
const outstanding = 1_000;

/** A few keys in order: a provider that keeps order only by one record after the other takes a round trip for each, unless they are packed. */
export async function measureHotKeys(stage: RawStage, { rounds, events, few }: AgainstRaw): Promise<Row[]> {
  const { packed } = stage;
  if (packed === undefined) return [];
  const load = messages(events, keys);
  const packing = { createTopic: () => stage.createTopic(), streams: packed };
  const samples = await runRounds(
    [
      async () => {
        const topic = await stage.createTopic();
        return { alone: await sendOutstanding(load.slice(0, few), 1, (message) => stage.raw.sendOne(topic, message)) };
      },
      async () => {
        const found = await sendAll(packing, load, outstanding);
        return { packed: found[own(outstanding)] ?? 0 };
      },
    ],
    rounds,
  );
  return [
    row({
      measurement: `send, ${keys} keys, ${outstanding.toLocaleString('en')} outstanding, packed records`,
      unit: 'events/s',
      isostream: samples.of('packed'),
      against: stage.raw.oneByOne,
      reference: samples.of('alone'),
      goal: { atLeast: 20 },
    }),
  ];
}
