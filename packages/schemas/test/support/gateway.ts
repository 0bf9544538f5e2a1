import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Stands before a registry: counts what is asked, and lets nobody in without the right credentials. */
export class Gateway {
  readonly requests: string[] = [];
  /** What `authorization` has to be; anything where it is undefined. */
  required: string | undefined;
  /** Every connection breaks. */
  isAway = false;
  readonly #target: string;
  readonly #server = createServer((request, response) => void this.#pass(request, response));

  private constructor(target: string) {
    this.#target = target;
  }

  static async before(target: string): Promise<Gateway> {
    const gateway = new Gateway(target);
    gateway.#server.listen(0, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '' } = request;
    this.requests.push(`${method} ${url}`);
    if (this.isAway) return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    const { authorization } = request.headers;
    if (this.required !== undefined && authorization !== this.required) {
      const status = authorization === undefined ? 401 : 403;
      response.writeHead(status).end(JSON.stringify({ error_code: status * 100 + 1, message: 'not allowed' }));
      return;
    }
    const headers: Record<string, string> = { 'content-type': request.headers['content-type'] ?? 'application/json' };
    // How AWS tells its calls and services apart.
    const target = request.headers['x-amz-target'];
    if (typeof target === 'string') Object.assign(headers, { 'x-amz-target': target, authorization });
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    try {
      const answer = await fetch(this.#target + url, { method, headers, ...body });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    } catch {
      response.destroy();
    }
  }
}
