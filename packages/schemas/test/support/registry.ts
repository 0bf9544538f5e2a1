import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fieldOf } from '../../src/registries/http.ts';

/** As much of a registry as clients see: it gives out ids, and may be away. */
export class Registry {
  readonly requests: string[] = [];
  readonly texts: string[] = [];
  readonly types: unknown[] = [];
  status = 200;
  readonly #server: Server = createServer((request, response) => {
    this.requests.push(`${request.method} ${request.url}`);
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const [status, answer] = this.#answer(request.url ?? '', body);
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

  #answer(url: string, body: string): [status: number, answer: unknown] {
    if (this.status !== 200) return [this.status, { error_code: this.status, message: 'no' }];
    const known = /^\/schemas\/(?:ids\/|guids\/[0-9a-f-]*?0*)(\d+)$/.exec(url);
    if (known !== null) {
      const schema = this.texts[Number(known[1]) - 1];
      return schema === undefined
        ? [404, { error_code: 40_403, message: 'Schema not found' }]
        : [200, { schema, schemaType: this.types[Number(known[1]) - 1] }];
    }
    const asked: unknown = JSON.parse(body);
    if (!url.endsWith('/versions')) return [200, { version: 1 }];
    const schema = String(fieldOf(asked, 'schema'));
    if (!this.texts.includes(schema)) {
      this.texts.push(schema);
      this.types.push(fieldOf(asked, 'schemaType'));
    }
    return [200, { id: this.texts.indexOf(schema) + 1 }];
  }
}
