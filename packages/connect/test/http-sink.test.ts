import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createStreams, defineTopic, type RawInput, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plan, worker } from './support/files.ts';
import { runUntil, textsIn } from './support/run.ts';

const rides = defineTopic('rides', { raw: true, partitions: 1 });
const letters = defineTopic('letters', { raw: true, partitions: 1 });

interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** An HTTP endpoint that answers as it is told; `undefined` cuts the connection. */
class Endpoint {
  readonly requests: Request[] = [];
  answer: (request: Request) => Answer | undefined = () => ({ status: 204 });
  readonly #server: Server;
  url = '';

  constructor() {
    this.#server = createServer((incoming, response) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
      incoming.on('end', () => {
        const { method = '', url = '', headers } = incoming;
        const request = { method, url, headers, body, at: performance.now() };
        this.requests.push(request);
        const answer = this.answer(request);
        if (answer === undefined) incoming.socket.destroy();
        else response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let endpoint: Endpoint;
let streams: Streams;

beforeEach(async () => {
  endpoint = new Endpoint();
  await endpoint.open();
  streams = await createStreams({ adapter: createMemory(), topics: [rides, letters] });
});
afterEach(async () => {
  await streams.close();
  endpoint.close();
});

type Event = readonly [key: string | null, value: string | null];

function send(...events: readonly Event[]): Promise<unknown> {
  const inputs = events.map(([key, value]): RawInput => ({ key, value: value === null ? null : Buffer.from(value) }));
  return streams.producer(rides).sendBatch(inputs);
}

const toLetters = 'errors.tolerance=all\nerrors.deadletterqueue.topic.name=letters\n';

function file(properties: string): string {
  return `name=http\ntopics=rides\nconnector.class=io.confluent.connect.http.HttpSinkConnector\n${properties}`;
}

async function run(properties: string, condition: () => Promise<void> | void): Promise<void> {
  await runUntil(await plan(worker, [file(properties)]), streams, condition);
}

const bodies = (): string[] => endpoint.requests.map(({ body }) => body);
const json = 'request.body.format=json\n';
const batches = `${json}batch.max.size=10\nbatch.json.as.array=true\n`;

describe('the HTTP sink', () => {
  it('sends a request per record, with its topic and key in the address, headers, a login and an id', async () => {
    await send(['d/1', '{"n":1}'], ['d 2', '{"n":2}']);
    const login = 'auth.type=BASIC\nconnection.user=u\nconnection.password=p\nheaders=X-One: 1|X-Two:2\n';
    await run(`http.api.url=${endpoint.url}/\${topic}/\${key}\nrequest.method=PUT\n${json}${login}`, () =>
      expect(endpoint.requests).toHaveLength(2),
    );
    expect(endpoint.requests.map(({ url }) => url).toSorted()).toEqual(['/rides/d%202', '/rides/d%2F1']);
    const [first, second] = endpoint.requests;
    expect(first).toMatchObject({
      method: 'PUT',
      headers: {
        'content-type': 'application/json',
        'x-one': '1',
        'x-two': '2',
        authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
      },
    });
    expect(first?.headers['idempotency-key']).toMatch(/^rides%2B/);
    expect(first?.headers['idempotency-key']).not.toBe(second?.headers['idempotency-key']);
  });

  it('gives another id to what has the same place in a topic that was made again', async () => {
    const ids = (): unknown[] => endpoint.requests.map(({ headers }) => headers['idempotency-key']);
    await send(['a', '{}']);
    await run(`http.api.url=${endpoint.url}\n`, () => expect(ids()).toHaveLength(1));
    await streams.close();
    streams = await createStreams({ adapter: createMemory(), topics: [rides, letters] });
    await send(['a', '{}']);
    await run(`http.api.url=${endpoint.url}\n`, () => expect(ids()).toHaveLength(2));
    expect(new Set(ids()).size).toBe(2);
  });

  it('sends several records of different keys in one request, as a JSON array', async () => {
    await send(['a', '{"n":1}'], ['b', '{"n":2}'], ['c', '{"n":3}']);
    await run(`http.api.url=${endpoint.url}\n${batches}`, () =>
      expect(bodies()).toEqual(['[{"n":1},{"n":2},{"n":3}]']),
    );
  });

  it('takes an answer to each record: stored, refused, or later', async () => {
    let isFirst = true;
    endpoint.answer = ({ body }) => {
      const status = (n: number): number => (n === 2 ? 422 : n === 3 && isFirst ? 503 : 201);
      const sent: unknown = JSON.parse(body);
      const items = (Array.isArray(sent) ? sent : []).map(({ n }: { n: number }) => ({
        status: status(n),
        error: `of ${n}`,
      }));
      isFirst = false;
      return { status: 207, body: JSON.stringify({ items }) };
    };
    await send(['a', '{"n":1}'], ['b', '{"n":2}'], ['c', '{"n":3}']);
    await run(`http.api.url=${endpoint.url}\n${batches}${toLetters}`, () =>
      expect(bodies()).toEqual(['[{"n":1},{"n":2},{"n":3}]', '[{"n":3}]']),
    );
    expect(await textsIn(streams, 'letters')).toEqual(['{"n":2}']);
  });

  it('finds the record that a whole request is refused for, and sends the others', async () => {
    endpoint.answer = ({ body }) => ({ status: body.includes('bad') ? 400 : 200, body: 'no' });
    await send(['a', '{"n":1}'], ['b', '"bad"'], ['c', '{"n":3}']);
    await run(`http.api.url=${endpoint.url}\n${batches}${toLetters}`, async () =>
      expect(await textsIn(streams, 'letters')).toEqual(['"bad"']),
    );
    expect(bodies().slice(1).toSorted()).toEqual(['["bad"]', '[{"n":1}]', '[{"n":3}]']);
  });

  it('waits as long as retry-after says, and tries until the endpoint recovers: no dead letter', async () => {
    const answers = [{ status: 429, headers: { 'retry-after': '1' } }, { status: 503 }, undefined];
    endpoint.answer = () => (answers.length > 0 ? answers.shift() : { status: 200 });
    await send(['a', '{"n":1}']);
    await run(`http.api.url=${endpoint.url}\n${json}${toLetters}`, () => expect(endpoint.requests).toHaveLength(4));
    const [first, second] = endpoint.requests;
    // Timers may be early by less than a millisecond.
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(990);
    expect(await textsIn(streams, 'letters')).toEqual([]);
  });

  it('passes tombstones over, or deletes by them', async () => {
    await send(['a', null], ['b', '{}']);
    await run(`http.api.url=${endpoint.url}/\${key}\n`, () => expect(endpoint.requests).toHaveLength(1));
    await send(['c', null]);
    await run(`http.api.url=${endpoint.url}/\${key}\nbehavior.on.null.values=delete\n`, () =>
      expect(endpoint.requests.at(-1)).toMatchObject({ method: 'DELETE', url: '/c', body: '' }),
    );
  });

  it('takes the names of Aiven’s files', async () => {
    await send(['a', '{"n":1}'], ['b', '{"n":2}']);
    const aiven = `http.url=${endpoint.url}\nhttp.authorization.type=static\nhttp.headers.authorization=Bearer t\nbatching.enabled=true\n${json}`;
    await run(aiven, () => expect(bodies()).toEqual(['{"n":1}\n{"n":2}\n']));
    expect(endpoint.requests[0]?.headers.authorization).toBe('Bearer t');
  });

  it('ends with what to do where the login is refused, or the address is another one', async () => {
    endpoint.answer = () => ({ status: 401 });
    await send(['a', '{}']);
    const never = (): void => expect(true).toBe(false);
    await expect(run(`http.api.url=${endpoint.url}\n${toLetters}`, never)).rejects.toThrow('Check the login');
    endpoint.answer = () => ({ status: 301, headers: { location: '/other' } });
    await expect(run(`http.api.url=${endpoint.url}\n${toLetters}`, never)).rejects.toThrow('Use the address');
    expect(await textsIn(streams, 'letters')).toEqual([]);
  });

  it.each([
    [`http.api.url=http://h/\${offset}`, `has \${offset}, which nothing fills`],
    ['http.api.url=http://u:p@h/', 'has a user in it'],
    ['http.api.url=http://h/\nretry.on.status.codes=4xx', 'retry.on.status.codes has "4xx"'],
    ['http.api.url=http://h/\nauth.type=BASIC', 'belong together'],
    ['http.api.url=http://h/\nbehavior.on.null.values=delete', `needs \${key} in the address`],
    ['', 'one of http.api.url and http.url is needed'],
    ['http.api.url=http://h/\nheaders=Bearer secret', /headers has an entry that is not name:value(?!.*secret)/],
    [
      'http.url=http://h/\nhttp.headers.additional=secret',
      /http\.headers\.additional has an entry that is not name:value(?!.*secret)/,
    ],
    ['http.api.url=http://h/\nheaders=x:secret→', /the header x has a character that no header can have(?!.*secret)/],
  ])('refuses %j', async (properties, message) => {
    await expect(plan(worker, [file(`${properties}\n`)])).rejects.toThrow(message);
  });
});
