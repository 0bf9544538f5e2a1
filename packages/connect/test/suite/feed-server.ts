import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestGate } from '@isostream/connect/testing';

/** An endpoint with numbers, which gives pages of them behind a cursor. */
export class FeedServer {
  readonly gate: RequestGate = new RequestGate();
  readonly numbers: number[] = [];
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[] = [];
  /** What it answers instead of its pages, once each. */
  readonly answers: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }[] =
    [];
  readonly #pageSize: number;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  constructor(pageSize = 3) {
    this.#pageSize = pageSize;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/numbers`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve({ url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push({ url, headers });
    const gate = await this.gate.arrive();
    if (gate.serve === 'cut') return void response.destroy();
    const given = this.answers.shift();
    if (gate.serve === 'throttle') return void response.writeHead(429, { 'retry-after': '0' }).end();
    if (given !== undefined) return void response.writeHead(given.status, given.headers).end(given.body);
    const after = Number(new URL(url, 'http://x').searchParams.get('after') ?? '-1');
    const behind = this.numbers.filter((n) => n > after);
    const page = behind.slice(0, gate.serve === 'part' ? 1 : this.#pageSize);
    const next = page.at(-1);
    if ((await gate.served()) === 'cut') return void response.destroy();
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        items: page.map((n) => ({ id: n, text: `#${n}` })),
        next: next === undefined ? null : String(next),
      }),
    );
  }
}
