import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { amqpFrames, httpRequest, kafkaRequests } from './kinds.ts';

/** What this process asked of its service since the count began. */
export interface Traffic {
  /** Requests by kind, in the words of the protocol. */
  readonly requests: Readonly<Record<string, number>>;
  readonly receivedBytes: number;
  /** Connections that are open now. */
  readonly sockets: number;
}

/** Counts on every socket of this process, whoever opened it: the clients that are compared have nothing else in common. */
export class Wire {
  readonly #sockets = new Set<Socket>();
  #requests = new Map<string, number>();
  #closedBytes = 0;
  #before = 0;

  constructor(provider: string) {
    const framesOf = { kafka: kafkaRequests, 'event-hubs': amqpFrames }[provider];
    subscribe('net.client.socket', (message) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as Node.js documents this channel
      const { socket } = message as { readonly socket: Socket };
      this.#sockets.add(socket);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        this.#closedBytes += socket.bytesRead;
      });
      // Not yet: `connect`, which comes next, puts the usual method back.
      if (framesOf !== undefined) process.nextTick(() => this.#watchWrites(socket, framesOf));
    });
    subscribe('http.client.request.start', (message) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as Node.js documents this channel
      const { request } = message as { readonly request: ClientRequest };
      this.#count(httpRequest(request.method, request.path, request.getHeader('x-amz-target')));
    });
    this.#watchHttp2();
  }

  start(): void {
    this.#requests = new Map();
    this.#before = this.#received();
  }

  read(): Traffic {
    return {
      requests: Object.fromEntries([...this.#requests].toSorted(([a], [b]) => a.localeCompare(b))),
      receivedBytes: this.#received() - this.#before,
      sockets: this.#sockets.size,
    };
  }

  #received(): number {
    return [...this.#sockets].reduce((sum, socket) => sum + socket.bytesRead, this.#closedBytes);
  }

  #count(kind: string): void {
    this.#requests.set(kind, (this.#requests.get(kind) ?? 0) + 1);
  }

  #watchWrites(socket: Socket, framesOf: (bytes: Buffer) => readonly string[]): void {
    const write = socket.write.bind(socket);
    const watched = (...args: Parameters<typeof write>): boolean => {
      const [chunk, encoding] = args;
      const isText = typeof chunk === 'string';
      for (const kind of framesOf(isText ? Buffer.from(chunk, textEncoding(encoding)) : Buffer.from(chunk)))
        this.#count(kind);
      return write(...args);
    };
    Object.assign(socket, { write: watched });
  }

  /** gRPC's client calls this module by its name each time. */
  #watchHttp2(): void {
    const connect = http2.connect;
    const count = (path: string): void => this.#count(path.slice(path.lastIndexOf('/') + 1));
    const watched = (...args: Parameters<typeof connect>): http2.ClientHttp2Session => {
      const session = connect(...args);
      const request = session.request.bind(session);
      session.request = (headers, options) => {
        const path = headers === undefined || Array.isArray(headers) ? undefined : headers[':path'];
        if (typeof path === 'string') count(path);
        return request(headers, options);
      };
      return session;
    };
    Object.assign(http2, { connect: watched });
  }
}

function textEncoding(encoding: unknown): BufferEncoding | undefined {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : undefined;
}
