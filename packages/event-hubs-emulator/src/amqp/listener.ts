import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';

export interface Certificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

export interface Listening {
  readonly port: number;
  readonly host: string;
  /** Plain TCP without. */
  readonly tls?: Certificate;
}

/** Of AMQP behind SASL. */
const amqpHeader = Buffer.from('AMQP\x03\x01\x00\x00', 'latin1');

/** An open port for AMQP, directly and over WebSockets: the first bytes tell. */
export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async open({ port, host, tls }: Listening, accept: (stream: Duplex) => void): Promise<Listener> {
    const server = tls === undefined ? createServer() : createTlsServer({ ...tls });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    const address = server.address();
    const listener = new Listener(server, typeof address === 'object' && address !== null ? address.port : port);
    const webSockets = webSocketServer(accept);
    server.on('connection', (socket: Socket) => listener.#track(socket));
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (first) => {
        // One letter is enough, and all that is sure to come in one piece.
        const letter = String.fromCharCode(first[0] ?? 0);
        if (letter !== 'A' && letter !== 'G') {
          // To anything else, such as TLS where there is none, AMQP says what it would have liked to hear.
          socket.end(amqpHeader);
          return;
        }
        socket.pause();
        socket.unshift(first);
        if (letter === 'A') accept(socket);
        else webSockets.emit('connection', socket);
        socket.resume();
      });
    });
    server.on('tlsClientError', () => undefined);
    return listener;
  }

  /** Ends with every connection broken. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function webSocketServer(accept: (stream: Duplex) => void): HttpServer {
  const http = createHttpServer((_, response) => response.writeHead(426).end());
  http.on('upgrade', (request, socket, head) => {
    socket.pause();
    import('ws')
      .then(({ createWebSocketStream, WebSocketServer }) => {
        const server = new WebSocketServer({ noServer: true });
        server.handleUpgrade(request, socket, head, (webSocket) => accept(createWebSocketStream(webSocket)));
        socket.resume();
      })
      .catch((cause: unknown) => {
        socket.destroy();
        const text =
          'The Event Hubs emulator takes WebSockets only with the package ws. Install it: npm install --save-dev ws.';
        process.emitWarning(new Error(text, { cause }));
      });
  });
  return http;
}
