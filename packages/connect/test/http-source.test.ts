import type { ConnectPlan } from '@isostream/connect';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { retryAfter } from '../src/sources/http-request.ts';
import { plan } from './support/files.ts';
import { runUntil, storedIn, textsIn } from './support/run.ts';
import { FeedServer } from './suite/feed-server.ts';

const topic = defineTopic('numbers', { raw: true, partitions: 1 });
let streams: Streams;
let server: FeedServer;
let url: string;
let offsets: string;

beforeEach(async () => {
  streams = await createStreams({ adapter: createMemory(), topics: [topic] });
  server = new FeedServer();
  url = await server.listen();
  offsets = join(mkdtempSync(join(tmpdir(), 'isostream-http-source-')), 'offsets');
});
afterEach(async () => {
  server.close();
  await streams.close();
});

function files(properties: string): Promise<ConnectPlan> {
  const worker = `isostream.url=memory:
key.converter=StringConverter
value.converter=JsonConverter
value.converter.schemas.enable=false
offset.storage.file.filename=${offsets}
`;
  return plan(worker, [
    `name=http\nconnector.class=HttpSource\nurl=${url}\ntopic=numbers\ninterval.ms=5\n${properties}`,
  ]);
}

const byItem = 'items.pointer=/items\ncursor.parameter=after\nitem.cursor.pointer=/id\nkey.pointer=/text\n';

/** Runs until the topic has so many items, and gives what was said. */
async function runFor(properties: string, count: number): Promise<string> {
  const said: string[] = [];
  await runUntil(
    await files(properties),
    streams,
    async () => expect(await textsIn(streams, 'numbers')).toHaveLength(count),
    { say: (line) => said.push(line) },
  );
  return said.join('\n');
}

describe('the HTTP source', () => {
  it('sends each item with its key, and continues behind the last one', async () => {
    server.numbers.push(1, 2, 3, 4);
    await runFor(byItem, 4);
    expect((await storedIn(streams, 'numbers')).map(({ key }) => key)).toEqual(['#1', '#2', '#3', '#4']);
    expect(readFileSync(offsets, 'utf8')).toContain(`"partition":{"endpoint":"${url}"},"offset":{"cursor":"4"`);
    server.numbers.push(5);
    await runFor(byItem, 5);
    expect(server.requests.map((request) => request.url)).toContain('/numbers?after=4');
    expect((await textsIn(streams, 'numbers')).at(-1)).toBe('{"id":5,"text":"#5"}');
  });

  it('begins where it is told to', async () => {
    server.numbers.push(1, 2, 3);
    await runFor(`${byItem}cursor.initial=2\n`, 1);
    expect(await textsIn(streams, 'numbers')).toEqual(['{"id":3,"text":"#3"}']);
  });

  it('leaves out items that it knows where an endpoint begins with those of the cursor, and no others of that cursor', async () => {
    const page = (...ids: readonly (readonly [number, string])[]) => ({
      status: 200,
      body: JSON.stringify(ids.map(([at, id]) => ({ at, id }))),
    });
    server.answers.push(
      page([1, 'a'], [2, 'b']),
      page([2, 'b'], [2, 'c']),
      page([2, 'b'], [2, 'c'], [3, 'd']),
      page([3, 'd']),
    );
    server.answers.push(...Array.from({ length: 500 }, () => page([3, 'd'])));
    await runFor('cursor.parameter=since\nitem.cursor.pointer=/at\n', 4);
    expect((await textsIn(streams, 'numbers')).map((text) => /"id":"(\w)"/.exec(text)?.[1])).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
  });

  it('sends all of an answer again only once it is another one, and asks by its etag', async () => {
    const answer = (body: string, etag: string) => ({ status: 200, headers: { etag }, body });
    server.answers.push(
      answer('{"n":1}', '"one"'),
      { status: 304 },
      answer('{"n":1}', '"one"'),
      answer('{"n":2}', '"two"'),
    );
    server.answers.push(...Array.from({ length: 500 }, () => ({ status: 304 })));
    await runFor('', 2);
    expect(await textsIn(streams, 'numbers')).toEqual(['{"n":1}', '{"n":2}']);
    expect(server.requests.slice(0, 2).map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"one"']);
    const before = server.requests.length;
    server.answers.splice(
      0,
      Infinity,
      answer('{"n":3}', '"three"'),
      ...Array.from({ length: 500 }, () => ({ status: 304 })),
    );
    await runFor('', 3);
    expect(server.requests[before]?.headers['if-none-match']).toBe('"two"');
  });

  it('waits as long as a throttling endpoint asks for', async () => {
    server.numbers.push(1);
    server.answers.push(
      { status: 503, headers: { 'retry-after': '0' } },
      { status: 429, headers: { 'retry-after': '0' } },
    );
    const said = await runFor(byItem, 1);
    expect(said).toContain('/numbers answers 503; tries again in 0 ms');
    expect(retryAfter('2')).toBe(2_000);
    expect(retryAfter('Fri, 01 Jan 2027 00:00:10 GMT', Date.UTC(2027, 0, 1))).toBe(10_000);
    expect(retryAfter('99999999')).toBe(3_600_000);
    expect([retryAfter(null), retryAfter('soon')]).toEqual([undefined, undefined]);
  });

  it('logs in, sends its headers, and keeps integers exact', async () => {
    const unchanged = Array.from({ length: 500 }, () => ({ status: 304 }));
    server.answers.push({ status: 200, body: '{"n":9007199254740993}' }, ...unchanged);
    await runFor('connection.user=u\nconnection.password=p\nheaders=x-team: rides | x-more:1\n', 1);
    expect(await textsIn(streams, 'numbers')).toEqual(['{"n":9007199254740993}']);
    const { headers } = server.requests[0] ?? {};
    expect(headers).toMatchObject({ authorization: 'Basic dTpw', 'x-team': 'rides', 'x-more': '1' });
  });

  it.each([
    [{ status: 401 }, '', /answers 401\. Check connection\.user/],
    [{ status: 404 }, '', /answers 404\. Check url/],
    [{ status: 302, headers: { location: 'http://elsewhere/' } }, '', /answers 302: it is somewhere else/],
    [{ status: 200, body: '{"rows":[]}' }, 'items.pointer=/items\n', /items\.pointer finds nothing/],
    [
      { status: 200, body: '[{"a":1}]' },
      'cursor.parameter=a\nitem.cursor.pointer=/id\n',
      /neither text nor a number in item 0/,
    ],
    [{ status: 200, body: '[1,2,3,4,5,6]' }, 'max.bytes=4\n', /more than max\.bytes/],
  ])('ends where an operator has to act: %j', async (answer, properties, message) => {
    server.answers.push(answer);
    await expect(runFor(`${properties}headers=x:secret\n`, 1)).rejects.toThrow(message);
  });

  it.each([
    ['cursor.parameter=a\n', /cursor\.parameter belongs to/],
    ['cursor.pointer=/a\nitem.cursor.pointer=/b\ncursor.parameter=c\n', /exclude each other/],
    ['items.pointer=items\n', /Begin with \//],
    ['headers=none\n', /not name:value/],
    ['headers=x:secret→\n', /the header x has a character that no header can have(?!.*secret)/],
    ['connection.user=a\n', /belong together/],
    ['url=http://u:p@host/\n', /has a user in it/],
  ])('is refused before it starts: %j', async (properties, message) => {
    await expect(files(properties)).rejects.toThrow(message);
  });
});
