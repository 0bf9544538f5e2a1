import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runConnectors } from '@isostream/connect';
import { createStreams, defineTopic, type RawInput, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plan, worker } from './support/files.ts';

const rides = defineTopic('Rides', { raw: true, partitions: 2 });
const letters = defineTopic('letters', { raw: true, partitions: 1 });

interface Action {
  readonly verb: string;
  readonly _index: string;
  readonly _id: string;
  readonly version?: number;
  readonly document: unknown;
  /** As answers repeat it. */
  readonly place: object;
}

/** An HTTP server that takes bulk requests and answers each action as it is told: a status, or nothing at all. */
class Cluster {
  readonly actions: Action[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** Statuses of whole requests, used up one by one before the answers count. */
  readonly outages: number[] = [];
  /** The index that answers name where the one of an action is an alias. */
  real: { readonly _index?: string } = {};
  answer: (action: Action) => { readonly status: number; readonly error?: unknown } | undefined = () => ({
    status: 201,
  });
  readonly #server: Server = createServer((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      this.authorizations.push(request.headers.authorization);
      const outage = this.outages.shift();
      if (outage !== undefined) return response.writeHead(outage).end();
      const items = this.#read(Buffer.concat(chunks).toString()).flatMap((action) => {
        this.actions.push(action);
        const item = this.answer(action);
        return item === undefined ? [] : [{ [action.verb]: { ...action.place, ...item, ...this.real } }];
      });
      return response.end(JSON.stringify({ errors: true, items }));
    });
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #read(text: string): Action[] {
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const actions: Action[] = [];
    while (lines.length > 0) {
      const [verb = '', place] = Object.entries(lines.shift() ?? {})[0] ?? [];
      const document = verb === 'delete' ? undefined : lines.shift();
      const named = place as Omit<Action, 'verb' | 'document' | 'place'>;
      const { _index, _id } = named;
      actions.push({ verb, ...named, document, place: { _index, _id } });
    }
    return actions;
  }
}

let streams: Streams;
let cluster: Cluster;
let url: string;

beforeEach(async () => {
  streams = await createStreams({ adapter: createMemory(), topics: [rides, letters] });
  cluster = new Cluster();
  url = await cluster.listen();
});
afterEach(async () => {
  cluster.close();
  await streams.close();
});

function send(...events: readonly (readonly [key: string | null, value: string | null])[]): Promise<unknown> {
  const inputs = events.map(([key, value]): RawInput => ({ key, value: value === null ? null : Buffer.from(value) }));
  return streams.producer(rides).sendBatch(inputs);
}

async function runUntil(properties: string, condition: () => Promise<void> | void): Promise<void> {
  const text = `name=es\ntopics=Rides\nconnector.class=ElasticsearchSink\nconnection.url=${url}\n${properties}`;
  const stop = new AbortController();
  const run = runConnectors(await plan(worker, [text]), streams, { signal: stop.signal });
  await Promise.race([vi.waitFor(condition, { timeout: 20_000, interval: 10 }), run]);
  stop.abort();
  await run;
}

async function letterCount(): Promise<number> {
  let count = 0;
  await streams.replay(letters, { from: 'earliest' }).run(() => (count += 1));
  return count;
}

const toLetters = 'errors.tolerance=all\nerrors.deadletterqueue.topic.name=letters\n';

describe('the Elasticsearch sink', () => {
  it('names documents by key, with the position as version, and logs in', async () => {
    await send(['d-1', '{"lat":1.5}'], ['d-1', '{"lat":2.5}']);
    await runUntil('connection.username=u\nconnection.password=p\n', () => expect(cluster.actions).toHaveLength(2));
    const [first, second] = cluster.actions;
    expect(first).toMatchObject({
      verb: 'index',
      _index: 'rides',
      _id: 'd-1',
      version_type: 'external',
      document: { lat: 1.5 },
    });
    expect(second?.version).toBeGreaterThan(first?.version ?? Infinity);
    expect(cluster.authorizations[0]).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
  });

  it('names documents by their place with key.ignore=true: what comes again is the same document', async () => {
    await send([null, '{"n":1}'], [null, '{"n":2}']);
    cluster.outages.push(503);
    await runUntil('key.ignore=true\n', () => expect(new Set(cluster.actions.map(({ _id }) => _id)).size).toBe(2));
    expect(cluster.actions.every(({ _id, version }) => /^Rides\+\S+\+\d+$/.test(_id) && version === undefined)).toBe(
      true,
    );
  });

  it('gives no versions where events are settled one by one: ids that are numbers have no order', async () => {
    await streams.close();
    streams = await createStreams({ adapter: createMemory({ settlement: 'individual' }), topics: [rides, letters] });
    await send(['a', '{}']);
    await runUntil('', () => expect(cluster.actions).toHaveLength(1));
    expect(cluster.actions[0]).not.toHaveProperty('version');
  });

  it('counts a conflict of versions as stored', async () => {
    cluster.answer = () => ({ status: 409, error: { type: 'version_conflict_engine_exception' } });
    await send(['a', '{}']);
    await runUntil('', () => expect(cluster.actions).toHaveLength(1));
    await send(['b', '{}']);
    await runUntil('', () => expect(cluster.actions.map(({ _id }) => _id)).toEqual(['a', 'b']));
  });

  it('tries single documents again that the cluster throttles, or does not name in its answer', async () => {
    const tries = new Map<string, number>();
    cluster.answer = ({ _id }) => {
      const count = (tries.get(_id) ?? 0) + 1;
      tries.set(_id, count);
      if (_id === 'slow' && count < 3) return { status: 429, error: { type: 'rejected' } };
      return _id === 'silent' && count < 2 ? undefined : { status: 201 };
    };
    await send(['slow', '{}'], ['silent', '{}'], ['fine', '{}']);
    await runUntil('', () => expect(Object.fromEntries(tries)).toEqual({ slow: 3, silent: 2, fine: 1 }));
  });

  it('takes the answers of an alias, which name the index behind it', async () => {
    cluster.real = { _index: 'rides-000001' };
    cluster.answer = ({ _id }) =>
      _id === 'bad' ? { status: 400, error: { type: 'mapper_parsing_exception', reason: 'no date' } } : { status: 201 };
    await send(['a', '{}'], ['bad', '{}'], ['b', '{}']);
    await runUntil(toLetters, async () => expect(await letterCount()).toBe(1));
    await send(['a', '{"n":2}']);
    await runUntil(toLetters, () => expect(cluster.actions.at(-1)?.document).toEqual({ n: 2 }));
    expect(cluster.actions.map(({ _id }) => _id).toSorted()).toEqual(['a', 'a', 'b', 'bad', 'bad']);
  });

  it('dead-letters a key that is longer than an id may be, and stores the others of its request', async () => {
    await send(['é'.repeat(257), '{}'], ['é'.repeat(256), '{}']);
    await runUntil(toLetters, async () => {
      expect(await letterCount()).toBe(1);
      expect(cluster.actions.map(({ _id }) => _id)).toEqual(['é'.repeat(256)]);
    });
  });

  it('dead-letters a document that the index refuses, and stores the others of its request', async () => {
    cluster.answer = ({ _id }) =>
      _id === 'bad' ? { status: 400, error: { type: 'mapper_parsing_exception', reason: 'no date' } } : { status: 201 };
    await send(['bad', '{}'], ['good', '{}']);
    await runUntil(toLetters, async () => expect(await letterCount()).toBe(1));
    expect(cluster.actions.map(({ _id }) => _id)).toContain('good');
  });

  it('sends a document once more that the index refuses: it may have lost against another of its request', async () => {
    let count = 0;
    const error = { type: 'illegal_argument_exception', reason: 'mapper [lat] cannot be changed' };
    cluster.answer = ({ _id }) => (_id === 'a' && (count += 1) === 1 ? { status: 400, error } : { status: 201 });
    await send(['a', '{"lat":0}'], ['b', '{"lat":1.5}']);
    await runUntil(toLetters, () => expect(count).toBe(2));
    expect(await letterCount()).toBe(0);
  });

  it('deletes by a tombstone where it is told to, and else refuses it', async () => {
    await send(['a', null]);
    await runUntil('behavior.on.null.values=delete\n', () =>
      expect(cluster.actions).toMatchObject([{ verb: 'delete', _id: 'a' }]),
    );
    await send(['a', null]);
    await runUntil(toLetters, async () => expect(await letterCount()).toBe(1));
  });

  it('changes documents with write.method=upsert, without a version', async () => {
    await send(['a', '{"n":1}']);
    await runUntil('write.method=upsert\n', () => expect(cluster.actions).toHaveLength(1));
    expect(cluster.actions[0]).toMatchObject({
      verb: 'update',
      _id: 'a',
      document: { doc: { n: 1 }, doc_as_upsert: true },
    });
    expect(cluster.actions[0]).not.toHaveProperty('version');
  });

  it('puts documents into a data stream with their time: what comes again is there already', async () => {
    cluster.answer = () => ({ status: 409, error: { type: 'version_conflict_engine_exception', reason: 'exists' } });
    await send(['a', '{"n":1,"at":1700000000000}'], ['a', '{"n":2}']);
    const stream = 'data.stream.type=LOGS\ndata.stream.dataset=trips\ndata.stream.timestamp.field=missing,at\n';
    await runUntil(stream, () => expect(cluster.actions).toHaveLength(2));
    expect(cluster.actions).toMatchObject([
      { verb: 'create', _index: 'logs-trips-rides', document: { '@timestamp': '2023-11-14T22:13:20.000Z', n: 1 } },
      { verb: 'create', _index: 'logs-trips-rides', document: { '@timestamp': expect.stringMatching(/Z$/), n: 2 } },
    ]);
    expect(new Set(cluster.actions.map(({ _id }) => _id)).size).toBe(2);
    expect(cluster.actions[0]).not.toHaveProperty('version');
  });

  it('dead-letters a document of a data stream whose time is none', async () => {
    await send(['a', '{"at":true}'], ['b', '{"at":1e300}']);
    const stream =
      'data.stream.type=logs\ndata.stream.dataset=x\ndata.stream.timestamp.field=at\ndrop.invalid.message=true\n';
    await runUntil(stream + toLetters, async () => expect(await letterCount()).toBe(2));
    expect(cluster.actions).toEqual([]);
  });

  it.each([
    ['elastic.security.protocol=SSL', 'not https'],
    ['elastic.https.ssl.truststore.location=/etc/trust.jks', 'NODE_EXTRA_CA_CERTS'],
    ['elastic.https.ssl.keystore.location=/etc/keys.jks', 'client certificates are not supported'],
    ['elastic.https.ssl.endpoint.identification.algorithm=', 'turns off the check of host names'],
    ['kerberos.user.principal=a', 'kerberos.user.principal is not supported'],
    ['proxy.host=p', 'proxy.host is not supported'],
    ['data.stream.dataset=x', 'needs data.stream.type'],
    ['data.stream.type=logs', 'needs data.stream.dataset'],
    ['data.stream.type=logs\ndata.stream.dataset=x\nwrite.method=upsert', 'only takes new documents'],
    ['data.stream.type=logs\ndata.stream.dataset=x\nbehavior.on.null.values=delete', 'deletes no documents'],
  ])('refuses %j: it would not be what the file says', async (more, message) => {
    const text = `name=es\ntopics=Rides\nconnector.class=ElasticsearchSink\nconnection.url=${url}\n${more}\n`;
    await expect(plan(worker, [text])).rejects.toThrow(message);
  });

  it('ends where the address is not that of a cluster', async () => {
    cluster.outages.push(404);
    await send(['a', '{}']);
    const never = (): void => expect(true).toBe(false);
    await expect(runUntil(toLetters, never)).rejects.toThrow('Check connection.url');
  });

  it('ends with what to do where the login is refused', async () => {
    cluster.outages.push(401);
    await send(['a', '{}']);
    const never = (): void => expect(true).toBe(false);
    await expect(runUntil(toLetters, never)).rejects.toThrow('Check connection.username');
    expect(await letterCount()).toBe(0);
  });
});
