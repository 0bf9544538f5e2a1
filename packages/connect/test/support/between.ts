import { createServer, type IncomingMessage, type Server } from 'node:http';

/** What happens to a request on its way: nothing, an answer instead of its own, or an answer that is lost. */
export type Verdict = undefined | { readonly status: number; readonly body: object } | 'lose its answer';

/** Stands between a client of AWS and its service, and breaks what it is told to. */
export class Between {
  decide: (action: string, body: string) => Verdict = () => undefined;
  readonly #server: Server;
  url = '';

  constructor(target: string) {
    this.#server = createServer((request, response) => {
      void bodyOf(request).then(async (body) => {
        const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
        const verdict = this.decide(action, body);
        const headers = { 'content-type': 'application/x-amz-json-1.0' };
        if (typeof verdict === 'object') {
          response.writeHead(verdict.status, headers).end(JSON.stringify(verdict.body));
          return;
        }
        const { 'x-amz-target': name = '', authorization = '', 'x-amz-date': date = '' } = request.headers;
        const forwarded = { ...headers, 'x-amz-target': String(name), authorization, 'x-amz-date': String(date) };
        const answer = await fetch(target, { method: 'POST', body, headers: forwarded });
        const text = await answer.text();
        if (verdict === undefined) response.writeHead(answer.status, headers).end(text);
        else request.socket.destroy();
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

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += String(part);
  return body;
}
