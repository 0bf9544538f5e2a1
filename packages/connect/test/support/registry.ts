import { createServer, type Server, type ServerResponse } from 'node:http';

const notThere = { error_code: 40403, message: 'Schema not found' };

/** A registry with Confluent's interface, which keeps what is registered. */
export class Registry {
  readonly subjects: Map<string, string[]> = new Map();
  readonly #schemas: string[] = [];
  /** How many requests are refused from now on. */
  refusals = 0;
  /** What every request is answered, where it is given. */
  refuses: readonly [status: number, answer: object] | undefined;
  /** A part of schemas whose registration gets no answer. */
  silentFor: string | undefined;
  /** Requests that wait for one. */
  readonly held: Set<ServerResponse> = new Set();
  /** A part of schemas that it is away for. */
  awayFor: string | undefined;
  /** The paths of what was asked. */
  asked: string[] = [];
  url = '';
  #server: Server | undefined;

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const path = request.url ?? '';
        this.asked.push(path);
        const body = Buffer.concat(chunks).toString();
        if (this.silentFor !== undefined && body.includes(this.silentFor)) {
          this.held.add(response.on('close', () => this.held.delete(response)));
          return;
        }
        const isAway = this.refusals-- > 0 || (this.awayFor !== undefined && body.includes(this.awayFor));
        const [status, answer] = isAway ? [503, {}] : (this.refuses ?? this.#answer(path, body));
        response.writeHead(status).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    this.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    this.#server = server;
  }

  close(): Promise<void> {
    this.#server?.closeAllConnections();
    return new Promise((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())));
  }

  register(subject: string, schema: string): number {
    const known = this.#schemas.indexOf(schema);
    const id = known === -1 ? this.#schemas.push(schema) : known + 1;
    const versions = this.subjects.get(subject) ?? [];
    if (!versions.includes(schema)) this.subjects.set(subject, [...versions, schema]);
    return id;
  }

  #answer(path: string, body: string): readonly [status: number, answer: object] {
    const [, id] = /^\/schemas\/ids\/(\d+)$/.exec(path) ?? [];
    if (id !== undefined) {
      const schema = this.#schemas[Number(id) - 1];
      return schema === undefined ? [404, notThere] : [200, { schema }];
    }
    const [, subject = '', rest] = /^\/subjects\/([^/]+)(.*)$/.exec(path) ?? [];
    const versions = this.subjects.get(subject) ?? [];
    if (rest === '/versions/latest') {
      const schema = versions.at(-1);
      return schema === undefined ? [404, notThere] : [200, { id: this.#schemas.indexOf(schema) + 1, schema }];
    }
    const given: unknown = JSON.parse(body);
    const schema = typeof given === 'object' && given !== null && 'schema' in given ? String(given.schema) : '';
    if (rest === '/versions') return [200, { id: this.register(subject, schema) }];
    return versions.includes(schema) ? [200, { id: this.#schemas.indexOf(schema) + 1 }] : [404, notThere];
  }
}
