import { createServer } from 'node:http';
import { startOpenSearch, startPostgres } from '@isostream/emulators';
import pg from 'pg';
import { dataOf, type Document } from './documents.ts';

/** Where a sink writes: how it is done by hand, and how by a file. */
export interface Target extends AsyncDisposable {
  readonly name: string;
  readonly against: string;
  readonly description: string;
  /** How much of the load it gets, where it is slow. Default all. */
  readonly share?: number;
  /** Takes the lines of connectors. */
  readonly say?: (line: string) => void;
  /** Empties it. */
  reset(): Promise<void>;
  /** One request by hand. */
  write(documents: readonly Document[]): Promise<void>;
  /** The properties of the connector. */
  readonly properties: string;
  count(): Promise<number>;
}

export async function openSearchTarget(): Promise<Target> {
  const server = await startOpenSearch();
  const index = `${server.url}/bench`;
  const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const answer: unknown = await (await fetch(index + path, init)).json();
    return answer;
  };
  return {
    name: 'OpenSearch',
    against: '_bulk by fetch',
    description: server.description,
    properties: `connector.class=OpensearchSink\nconnection.url=${server.url}\nkey.ignore=true\n`,
    async reset() {
      await ask('', { method: 'DELETE' });
    },
    async write(documents) {
      const body = documents
        .map(
          (document) => `{"index":{"_index":"bench","_id":"${document.place}"}}\n${JSON.stringify(dataOf(document))}\n`,
        )
        .join('');
      const headers = { 'content-type': 'application/x-ndjson' };
      const answer: unknown = await (await fetch(`${server.url}/_bulk`, { method: 'POST', body, headers })).json();
      if (!hasEntry(answer, 'errors') || answer.errors !== false) throw new Error('a document was refused');
    },
    async count() {
      await ask('/_refresh', { method: 'POST' });
      const answer = await ask('/_count');
      return hasEntry(answer, 'count') ? Number(answer.count) : 0;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

export async function postgresTarget(): Promise<Target> {
  const server = await startPostgres();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { port } = new URL(server.url);
  return {
    name: 'PostgreSQL',
    against: 'pg, unnest, rows and a position in one transaction',
    description: server.description,
    properties: `connector.class=JdbcSink\nconnection.url=jdbc:postgresql://127.0.0.1:${port}/postgres\nconnection.user=postgres\n`,
    async reset() {
      await client.query('drop table if exists bench, by_hand, isostream_connect_positions');
      await client.query('create table bench (n bigint, text text)');
      await client.query('create table by_hand (topic text primary key, position bigint)');
    },
    async write(documents) {
      await client.query('begin');
      const data = documents.map(dataOf);
      await client.query('insert into bench (n, text) select * from unnest($1::bigint[], $2::text[])', [
        data.map(({ n }) => n),
        data.map(({ text }) => text),
      ]);
      await client.query(
        "insert into by_hand values ('bench', $1) on conflict (topic) do update set position = excluded.position",
        [data.at(-1)?.n],
      );
      await client.query('commit');
    },
    async count() {
      const { rows } = await client.query<{ count: string }>('select count(*) from bench');
      return Number(rows[0]?.count);
    },
    async [Symbol.asyncDispose]() {
      await client.end();
      await server.stop();
    },
  };
}

/** An endpoint that reads what it gets, and says that it is fine. */
export async function httpTarget(): Promise<Target> {
  let received = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const sent: unknown = JSON.parse(body);
      if (Array.isArray(sent)) received += sent.length;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
  return {
    name: 'HTTP',
    against: 'fetch, JSON arrays',
    description: 'an endpoint in this process',
    properties: `connector.class=HttpSink\nhttp.api.url=${url}\nrequest.body.format=json\nbatch.json.as.array=true\nbatch.max.size=500\n`,
    async reset() {
      received = 0;
    },
    async write(documents) {
      const body = JSON.stringify(documents.map(dataOf));
      await (await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })).text();
    },
    async count() {
      return received;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function hasEntry<Name extends string>(value: unknown, name: Name): value is Readonly<Record<Name, unknown>> {
  return typeof value === 'object' && value !== null && name in value;
}
