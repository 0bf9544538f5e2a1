import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

interface Stored {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly text: string;
  readonly format: string;
}

/** As much of Azure Schema Registry as its clients see, with one group, `shop`. */
export class AzureServer {
  readonly calls: string[] = [];
  readonly schemas: Stored[] = [];
  /** What `authorization` has to be. */
  required = 'Bearer right';
  /** Every call is answered so. */
  failure: readonly [status: number, message: string] | undefined;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://here');
    const path = decodeURIComponent(pathname);
    this.calls.push(`${request.method} ${path}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    const refuse = (status: number, code: string, message: string) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { code, message } }));
    if (this.failure !== undefined) return void refuse(this.failure[0], 'Failed', this.failure[1]);
    const { authorization } = request.headers;
    if (authorization !== this.required)
      return void refuse(authorization === 'Bearer other' ? 403 : 401, 'Denied', 'not allowed');
    if (!/^20\d\d-/.test(searchParams.get('api-version') ?? ''))
      return void refuse(400, 'BadRequest', 'no api-version');
    const text = Buffer.concat(chunks).toString('utf8');
    const format = /serialization=(\w+)/.exec(String(request.headers['content-type']))?.[1] ?? '';
    const found = this.#find(String(request.method), path, text, format);
    if (found !== undefined && !('id' in found))
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ schemaVersions: found }));
    if (found === undefined) return void refuse(404, 'ItemNotFound', 'no such schema');
    const headers = {
      'schema-id': found.id,
      'schema-version': String(found.version),
      'schema-name': found.name,
      'schema-group-name': 'shop',
      'content-type': `application/json; serialization=${found.format}`,
    };
    if (request.method === 'GET') response.writeHead(200, headers).end(found.text);
    else response.writeHead(204, headers).end();
  }

  #find(method: string, path: string, text: string, format: string): Stored | readonly number[] | undefined {
    const byId = /^\/\$schemaGroups\/\$schemas\/(\w+)$/.exec(path)?.[1];
    if (byId !== undefined) return this.schemas.find(({ id }) => id === byId);
    const [, name, rest = ''] = /^\/\$schemaGroups\/shop\/schemas\/([^/:]+)(.*)$/.exec(path) ?? [];
    if (name === undefined) return undefined;
    const all = this.schemas.filter((schema) => schema.name === name);
    if (rest === '/versions') return all.length === 0 ? undefined : all.map(({ version }) => version);
    const version = /^\/versions\/(\d+)$/.exec(rest)?.[1];
    if (version !== undefined) return all.find((schema) => schema.version === Number(version));
    const same = all.find((schema) => schema.text === text);
    if (same !== undefined || method !== 'PUT') return same;
    const added = { id: randomBytes(16).toString('hex'), name, version: all.length + 1, text, format };
    this.schemas.push(added);
    return added;
  }
}
