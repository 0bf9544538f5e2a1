import { CollectedPage } from '@isostream/core/adapter';
import { afterEach, expect, it } from 'vitest';
import { batch, record } from './support/batches.ts';
import { createKafka } from './support/open.ts';
import { fetched, listOffsets, metadata, ScriptedBroker } from './support/scripted-broker.ts';

const keys = { fetch: 1, listOffsets: 2, metadata: 3 };
const [outOfRange, notLeader, storageError, forbidden] = [1, 6, 56, 29];
const running: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

/** Reads from a position that is gone; `first` answers who looks for the first offset, by the number of the question. */
async function readFrom(answers: { readonly first: (times: number) => number; readonly fetch?: number }) {
  let [looked, refused] = [0, 0];
  const asked: number[] = [];
  const broker: ScriptedBroker = new ScriptedBroker(({ apiKey }) => {
    asked.push(apiKey);
    if (apiKey === keys.metadata) return metadata(broker.port, 't');
    // The first question is for the end of the range.
    if (apiKey === keys.listOffsets)
      return looked++ === 0 ? listOffsets('t', 5) : listOffsets('t', 2, answers.first(looked - 1));
    if (apiKey !== keys.fetch) return undefined;
    if (answers.fetch !== undefined && refused++ === 0) return fetched('t', 5, Buffer.alloc(0), answers.fetch);
    const isFound = looked > 1 && answers.first(looked - 1) === 0;
    return isFound
      ? fetched('t', 5, batch([record('c'), record('d'), record('e')], { base: 2 }))
      : fetched('t', 5, Buffer.alloc(0), outOfRange);
  });
  const kafka = createKafka({ brokers: [await broker.start()] });
  running.push(
    () => kafka.close(),
    () => broker.stop(),
  );
  const { signal } = new AbortController();
  const opened = await kafka.openRange({ topic: 't', from: new Map([['0', '0']]), to: 'now' }, signal);
  running.unshift(() => opened.close());
  const [cursor] = opened.cursors;
  if (cursor === undefined) throw new Error('nothing to read');
  const page = new CollectedPage();
  while (page.gaps.length === 0) await cursor.read(page, signal);
  return { gaps: page.gaps, asked };
}

it('a position that is gone is looked for anew behind a look at the metadata, where the leader has moved', async () => {
  const { gaps, asked } = await readFrom({ first: (times) => (times <= 2 ? notLeader : 0) });
  expect(gaps).toEqual([{ from: '0', to: '2', missing: 2 }]);
  const refused = asked.flatMap((key, index) => (key === keys.listOffsets ? index : [])).slice(1, -1);
  // Else the fetch and the question would go round as fast as the broker answers.
  expect(refused.map((index) => asked[index + 1])).toEqual([keys.metadata, keys.metadata]);
});

it('a position that is gone ends the partition where nobody may look for the first offset', async () => {
  await expect(readFrom({ first: () => forbidden })).rejects.toMatchObject({ code: 'unauthorized' });
});

it('what a broker cannot do for now is asked for again: the disk of a leader that fails, for a fetch and for the first offset', async () => {
  const { gaps } = await readFrom({ first: (times) => (times === 1 ? storageError : 0), fetch: storageError });
  expect(gaps).toEqual([{ from: '0', to: '2', missing: 2 }]);
});
