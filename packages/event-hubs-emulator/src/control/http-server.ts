import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ServiceError } from '../service-error.ts';

export interface ControlRequest {
  readonly method: string;
  /** Decoded, without what is empty. */
  readonly path: readonly string[];
  readonly authorization: string | undefined;
  readonly body: unknown;
}

export interface ControlAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** A small HTTP server that speaks JSON. */
export class HttpServer {
  readonly #server: Server;
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async open(
    { host, port }: { readonly host: string; readonly port: number },
    answer: (request: ControlRequest) => ControlAnswer,
  ): Promise<HttpServer> {
    const server = createServer((request, response) => {
      handle(request, answer).then(
        ({ status, body }) => send(response, status, body),
        (error: unknown) => send(response, 500, { error: { code: 'InternalServerError', message: String(error) } }),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    const address = server.address();
    return new HttpServer(server, typeof address === 'object' && address !== null ? address.port : port);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function handle(
  request: IncomingMessage,
  answer: (request: ControlRequest) => ControlAnswer,
): Promise<ControlAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const path = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  try {
    return answer({ method: request.method ?? 'GET', path, authorization: request.headers.authorization, body });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return { status: statusOf(error), body: { error: { code: error.condition, message: error.message } } };
  }
}

function statusOf(error: ServiceError): number {
  if (error.condition === 'amqp:not-found') return 404;
  return error.condition === 'amqp:conflict' ? 409 : 400;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
