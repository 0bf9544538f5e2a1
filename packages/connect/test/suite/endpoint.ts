import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestGate, type SinkEffect } from '@isostream/connect/testing';

/** An endpoint that takes documents one by one or as lists, answers each of a list, and knows a key of idempotency again. */
export class Endpoint {
  readonly gate: RequestGate = new RequestGate();
  readonly effects: SinkEffect[] = [];
  readonly #known = new Set<string>();
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/documents`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: unknown = JSON.parse(Buffer.concat((await request.toArray()) as Buffer[]).toString());
    const gate = await this.gate.arrive();
    if (gate.serve === 'cut') return void response.destroy();
    if (gate.serve === 'throttle') return void response.writeHead(429).end();
    const id = request.headers['idempotency-key'];
    const isList = Array.isArray(body);
    const documents = (isList ? body : [body]) as readonly SinkEffect[];
    const taken = gate.serve === 'part' ? Math.ceil(documents.length / 2) : documents.length;
    const statuses = documents.map((document, at) => (at < taken ? this.#take(document, id) : 429));
    if ((await gate.served()) === 'cut') return void response.destroy();
    const status = isList ? 207 : (statuses[0] ?? 200);
    response.writeHead(status).end(JSON.stringify(statuses.map((each) => ({ status: each }))));
  }

  #take({ key, n }: SinkEffect, id: string | string[] | undefined): number {
    if (typeof n !== 'number') return 400;
    if (typeof id === 'string' && this.#known.has(id)) return 200;
    if (typeof id === 'string') this.#known.add(id);
    this.effects.push({ key, n });
    return 200;
  }
}
