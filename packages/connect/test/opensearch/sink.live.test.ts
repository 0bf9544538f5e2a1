import { createStreams, defineTopic, type RawInput, type Streams } from '@isostream/core';
import { type OpenSearchServer, startOpenSearch } from '@isostream/emulators';
import { createMemory } from '@isostream/memory';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { plan, worker } from '../support/files.ts';
import { runUntil, textsIn } from '../support/run.ts';

let search: OpenSearchServer;
let streams: Streams;
let count = 0;

beforeAll(async () => {
  search = await startOpenSearch();
}, 300_000);
afterAll(() => search.stop());
beforeEach(async () => {
  count += 1;
  streams = await createStreams({
    adapter: createMemory(),
    topics: [topic(), defineTopic('letters', { raw: true, partitions: 1 })],
  });
});
afterEach(() => streams.close());

/** Each test has a topic, and so an index, of its own. */
const topic = () => defineTopic(`rides-${count}`, { raw: true, partitions: 2 });

function send(...events: readonly (readonly [key: string, value: string | null])[]): Promise<unknown> {
  const inputs = events.map(([key, value]): RawInput => ({ key, value: value === null ? null : Buffer.from(value) }));
  return streams.producer(topic()).sendBatch(inputs);
}

async function run(properties: string, condition: () => Promise<void>): Promise<void> {
  const text = `name=es
topics=rides-${count}
connector.class=OpensearchSink
connection.url=${search.url}
errors.tolerance=all
errors.deadletterqueue.topic.name=letters
${properties}`;
  await runUntil(await plan(worker, [text]), streams, condition);
}

interface Hit {
  readonly _id: string;
  readonly _version: number;
  readonly _source: unknown;
}

async function hits(): Promise<readonly Hit[]> {
  const index = `${search.url}/rides-${count}`;
  await (await fetch(`${index}/_refresh`, { method: 'POST' })).body?.cancel();
  const found: unknown = await (await fetch(`${index}/_search?size=1000&version=true&sort=_id`)).json();
  return isSearch(found) ? found.hits.hits : [];
}

function isSearch(found: unknown): found is { readonly hits: { readonly hits: readonly Hit[] } } {
  return typeof found === 'object' && found !== null && 'hits' in found;
}

async function documents(): Promise<unknown> {
  return Object.fromEntries((await hits()).map(({ _id, _source }) => [_id, _source]));
}

describe('a sink into OpenSearch', () => {
  it('keeps the last document of each key, and deletes by a tombstone, also when all of it comes again', async () => {
    const deletes = 'behavior.on.null.values=delete\n';
    await send(['a', '{"n":1}'], ['b', '{"n":2}'], ['a', '{"n":3}'], ['c', '{"n":4}'], ['c', null]);
    await run(deletes, async () => expect(await documents()).toEqual({ a: { n: 3 }, b: { n: 2 } }));
    const before = await hits();
    await send(['d', '{"n":5}']);
    await run(`${deletes}consumer.override.group.id=again\n`, async () => expect(await hits()).toHaveLength(3));
    expect(await documents()).toEqual({ a: { n: 3 }, b: { n: 2 }, d: { n: 5 } });
    expect(await hits()).toEqual(expect.arrayContaining([...before]));
  });

  it('changes fields of documents with write.method=upsert', async () => {
    await send(['a', '{"n":1}'], ['a', '{"m":2}']);
    await run('write.method=upsert\n', async () => expect(await documents()).toEqual({ a: { n: 1, m: 2 } }));
  });

  it('dead-letters what the index refuses, and not what lost against another document of its request', async () => {
    await send(['a', '{"at":"2026-01-02T03:04:05Z"}']);
    await run('', async () => expect(await hits()).toHaveLength(1));
    // One request, in which whole numbers and fractions meet in a field that is new.
    const drivers = Array.from({ length: 40 }, (_, n) => [`k${n}`, `{"lat":${n % 2 === 0 ? n : n / 7}}`] as const);
    await send(...drivers, ['bad', '{"at":"no date"}']);
    await run('', async () => {
      expect(await hits()).toHaveLength(41);
      expect(await textsIn(streams, 'letters')).toEqual(['{"at":"no date"}']);
    });
  });

  it('puts each record once into a data stream, with its time, also when all of it comes again', async () => {
    const headers = { 'content-type': 'application/json' };
    const template = { index_patterns: ['logs-trips-*'], data_stream: {}, priority: 200 };
    const made = await fetch(`${search.url}/_index_template/trips`, {
      method: 'PUT',
      headers,
      body: JSON.stringify(template),
    });
    expect(made.status).toBe(200);
    await send(['a', '{"n":1,"at":1700000000000}'], ['a', '{"n":2,"at":1700000000001}']);
    const stream = 'data.stream.type=logs\ndata.stream.dataset=trips\ndata.stream.timestamp.field=at\n';
    const name = `logs-trips-rides-${count}`;
    for (const group of ['one', 'again'])
      await run(`${stream}consumer.override.group.id=${group}\n`, async () => {
        await (await fetch(`${search.url}/${name}/_refresh`, { method: 'POST' })).body?.cancel();
        const found: unknown = await (await fetch(`${search.url}/${name}/_search`)).json();
        const sources = isSearch(found) ? found.hits.hits.map(({ _source }) => _source) : [];
        expect(sources).toHaveLength(2);
        expect(sources).toContainEqual({ '@timestamp': '2023-11-14T22:13:20.000Z', n: 1, at: 1_700_000_000_000 });
        const lags = await streams.admin.lag(topic().name, group);
        expect(lags.every(({ events }) => events === 0)).toBe(true);
      });
    expect(await textsIn(streams, 'letters')).toEqual([]);
  });

  it('writes to an alias, and takes keys as long as an id may be', async () => {
    const made = await fetch(`${search.url}/behind-${count}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ aliases: { [`rides-${count}`]: {} } }),
    });
    expect(made.status).toBe(200);
    const longest = 'é'.repeat(256);
    await send([`${longest}x`, '{"n":0}'], [longest, '{"n":1}'], ['a', '{"n":2}'], ['a', '{"n":3}']);
    await run('', async () => {
      expect(await documents()).toEqual({ a: { n: 3 }, [longest]: { n: 1 } });
      expect(await textsIn(streams, 'letters')).toEqual(['{"n":0}']);
    });
  });

  it('waits while the cluster is away, and goes on by itself', async () => {
    await send(['a', '{"n":1}']);
    await search.server.kill();
    let isBack: Promise<void> | undefined;
    await run('', async () => {
      isBack ??= search.server.start();
      await isBack;
      expect(await documents()).toEqual({ a: { n: 1 } });
    });
    expect(await textsIn(streams, 'letters')).toEqual([]);
  });
});
