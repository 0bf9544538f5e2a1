import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fieldOf, parsed } from '../../src/registries/http.ts';

type Answer = readonly [status: number, answer: unknown];

/** As much of a registry as clients see: it gives out ids and GUIDs, keeps subjects with versions, and may be away. */
export class Registry {
  readonly requests: string[] = [];
  /** Of each schema, by its id less one. */
  readonly texts: string[] = [];
  readonly types: unknown[] = [];
  readonly references: unknown[] = [];
  status = 200;
  /** Whether it gives GUIDs, as newer ones of Confluent do. */
  guids: 'everywhere' | 'with the schema' | 'nowhere' = 'everywhere';
  /** The ids of a subject's versions. */
  readonly #subjects = new Map<string, number[]>();
  readonly #server: Server = createServer((request, response) => {
    this.requests.push(`${request.method} ${request.url}`);
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const [status, answer] = this.#answer(String(request.url).replace(/\?.*/, ''), parsed(body));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });

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

  #answer(path: string, asked: unknown): Answer {
    if (this.status !== 200) return [this.status, { error_code: this.status, message: 'no' }];
    const known = /^\/schemas\/(?:ids\/|guids\/[0-9a-f-]*?0*)(\d+)$/.exec(path);
    if (known !== null) return this.#schema(Number(known[1]), this.guids !== 'nowhere');
    const [, name = '', rest] = /^\/subjects\/([^/]+)(\/versions.*)?$/.exec(path) ?? [];
    const ids = this.#subjects.get(name) ?? [];
    const version = /^\/versions\/(\d+|latest)$/.exec(rest ?? '')?.[1];
    if (version !== undefined) return this.#version(name, version === 'latest' ? ids.length : Number(version));
    const id = this.#idOf(asked);
    if (!ids.includes(id)) this.#subjects.set(name, [...ids, id]);
    return this.#version(name, (this.#subjects.get(name) ?? []).indexOf(id) + 1);
  }

  /** Of a schema that is kept from here on, if it is new. */
  #idOf(asked: unknown): number {
    const [schema, references] = [String(fieldOf(asked, 'schema')), fieldOf(asked, 'references')];
    const isSame = (text: string, index: number) =>
      text === schema && JSON.stringify(this.references[index]) === JSON.stringify(references);
    const index = this.texts.findIndex(isSame);
    if (index >= 0) return index + 1;
    this.types.push(fieldOf(asked, 'schemaType'));
    this.references.push(references);
    return this.texts.push(schema);
  }

  #version(subject: string, version: number): Answer {
    const id = this.#subjects.get(subject)?.[version - 1];
    if (id === undefined) return [404, { error_code: 40_402, message: 'Version not found' }];
    const [status, schema] = this.#schema(id, this.guids === 'everywhere');
    return [status, { ...Object(schema), subject, version, id }];
  }

  #schema(id: number, hasGuid: boolean): Answer {
    const [schema, schemaType, references] = [this.texts[id - 1], this.types[id - 1], this.references[id - 1]];
    if (schema === undefined) return [404, { error_code: 40_403, message: 'Schema not found' }];
    const guid = `f0e1d2c3-b4a5-4697-8879-${String(id).padStart(12, '0')}`;
    return [200, { schema, schemaType, references, ...(hasGuid ? { guid } : {}) }];
  }
}
