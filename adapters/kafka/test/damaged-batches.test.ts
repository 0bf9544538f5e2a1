import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CollectedPage, type Cursor, type StoredEvent, StreamError } from '@isostream/core/adapter';
import { afterEach, expect, it } from 'vitest';
import { createKafka } from './support/open.ts';
import { batch, record } from './support/batches.ts';
import { fetched, listOffsets, metadata, ScriptedBroker } from './support/scripted-broker.ts';

const keys = { fetch: 1, listOffsets: 2, metadata: 3 };
const running: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

/** Reads a topic, of three events unless told otherwise, whose broker answers each fetch, by its number, with such a log. */
async function readFrom(answer: (fetches: number) => { readonly topic?: string; readonly log: Buffer }, events = 3) {
  let fetches = 0;
  const broker: ScriptedBroker = new ScriptedBroker(({ apiKey }) => {
    if (apiKey === keys.metadata) return metadata(broker.port, 't');
    if (apiKey === keys.listOffsets)
      return listOffsets('t', broker.asked.filter((each) => each.apiKey === apiKey).length === 1 ? events : 0);
    if (apiKey !== keys.fetch) return undefined;
    const { topic = 't', log } = answer(fetches++);
    return fetched(topic, events, log);
  });
  const kafka = createKafka({ brokers: [await broker.start()] });
  running.push(
    () => kafka.close(),
    () => broker.stop(),
  );
  const values: string[] = [];
  const unreadable: StoredEvent[] = [];
  let failure: unknown;
  const end = new AbortController();
  const read = async (cursor: Cursor): Promise<void> => {
    try {
      for (;;) {
        const page = new CollectedPage();
        await cursor.read(page, end.signal);
        unreadable.push(...page.events.filter((event) => event.unreadable !== undefined));
        const whole = page.events.filter((event) => event.unreadable === undefined);
        values.push(...whole.map(({ value }) => Buffer.from(value ?? []).toString()));
        if (page.isEnd || page.gaps.length > 0) return;
      }
    } catch (thrown) {
      failure = thrown;
      end.abort();
    }
  };
  const opened = await kafka.openRange({ topic: 't', from: 'earliest', to: 'now' }, end.signal);
  await Promise.all(opened.cursors.map(read));
  await opened.close();
  return { values, failure, fetches, unreadable };
}

const good = batch([record('a'), record('b'), record('c')]);

function damaged(of: Buffer = good): Buffer {
  const log = Buffer.from(of);
  log[log.length - 3] = (log.at(-3) ?? 0) ^ 1;
  return log;
}

async function warningsDuring<T>(work: () => Promise<T>): Promise<{ result: T; warnings: string[] }> {
  const warnings: string[] = [];
  const listen = (message: unknown): void => {
    if (typeof message === 'object' && message !== null && 'message' in message) warnings.push(String(message.message));
  };
  subscribe('isostream:adapter:warning', listen);
  try {
    return { result: await work(), warnings };
  } finally {
    unsubscribe('isostream:adapter:warning', listen);
  }
}

it('a batch that was damaged on its way is fetched again, with a warning', async () => {
  const { result, warnings } = await warningsDuring(() =>
    readFrom((fetches) => ({ log: fetches < 2 ? damaged() : good })),
  );
  expect(result).toEqual({ values: ['a', 'b', 'c'], failure: undefined, fetches: 3, unreadable: [] });
  expect(warnings.join()).toContain('topic "t", partition 0, offset 0: what was fetched is damaged');
});

it('a batch that stays damaged after three tries is handed over as one event, and what is around it as ever', async () => {
  const bad = damaged(batch([record('b'), record('lost')], { base: 1 }));
  const log = Buffer.concat([batch([record('a')]), bad, batch([record('c')], { base: 3 })]);
  const { values, failure, fetches, unreadable } = await readFrom(() => ({ log }), 4);
  expect({ values, failure, fetches }).toEqual({ values: ['a', 'c'], failure: undefined, fetches: 4 });
  const [event] = unreadable;
  expect(unreadable).toMatchObject([{ partition: '0', position: '2', timestamp: 1_000, key: null, headers: [] }]);
  expect(Buffer.from(event?.value ?? []).equals(bad)).toBe(true);
  expect(event?.unreadable).toMatchObject({ code: 'undecodable', retryable: false });
  expect(String(event?.unreadable)).toMatch(/topic "t", partition 0, offsets 1 to 2 \(.*2 by.*\): .*checksum.*reset/);
});

it('a damaged batch at the end of a range is handed over as well', async () => {
  const { failure, fetches, unreadable } = await readFrom(() => ({ log: damaged() }));
  expect({ failure, fetches }).toEqual({ failure: undefined, fetches: 3 });
  expect(unreadable).toMatchObject([{ position: '2' }]);
});

it('of a batch that is malformed in its middle, the events before that are handed over once, and the rest as one', async () => {
  const records = Buffer.concat([batch([record('a')]).subarray(61), Buffer.alloc(9, 0xff)]);
  const log = batch([record('a')], { records, count: 3, lastDelta: 2 });
  const { values, failure, unreadable } = await readFrom(() => ({ log }));
  expect({ values, failure }).toEqual({ values: ['a'], failure: undefined });
  expect(unreadable).toMatchObject([{ position: '2' }]);
  expect(String(unreadable[0]?.unreadable)).toContain('offsets 1 to 2');
});

it('where a damaged batch of a compacted topic ends is believed if the next batch begins there, and only then', async () => {
  const bad = damaged(batch([record('a')], { lastDelta: 7 }));
  const [near, far] = [8, 9].map((base) => Buffer.concat([bad, batch([record('c')], { base })]));
  const { values, unreadable } = await readFrom(() => ({ log: near ?? bad }), 9);
  expect(values).toEqual(['c']);
  expect(unreadable).toMatchObject([{ position: '7' }]);
  expect(await readFrom(() => ({ log: far ?? bad }), 10)).toMatchObject({ values: [], unreadable: [] });
});

it('a damaged batch that does not tell where it ends stops the reading by name: what follows may be whole', async () => {
  const log = damaged(batch([record('a')], { lastDelta: 7 }));
  const { failure, fetches, unreadable } = await readFrom(() => ({ log }));
  expect(unreadable).toEqual([]);
  expect(StreamError.is(failure) && [failure.code, failure.retryable]).toEqual(['undecodable', false]);
  expect(String(failure)).toMatch(/topic "t", partition 0, offset 0: .*checksum.*reset/);
  expect(fetches).toBe(3);
});

it('a batch of a later format ends the reading at once, and says that it is one', async () => {
  const later = Buffer.from(good);
  later.writeInt8(3, 16);
  const { failure, fetches } = await readFrom(() => ({ log: later }));
  expect(String(failure)).toContain('format 3');
  expect(StreamError.is(failure) && failure.code).toBe('undecodable');
  expect(fetches).toBe(1);
});

it('records of a topic that was not asked for are not taken for its own', async () => {
  const { result, warnings } = await warningsDuring(() =>
    readFrom((fetches) => ({ topic: fetches === 0 ? 'another' : 't', log: good })),
  );
  expect(result).toEqual({ values: ['a', 'b', 'c'], failure: undefined, fetches: 2, unreadable: [] });
  expect(warnings.join()).toContain('a fetch failed');
});
