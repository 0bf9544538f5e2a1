import { connect, createServer, type Server, type Socket } from 'node:net';

/** Kafka's numbers of requests. */
export const apis = {
  produce: 0,
  fetch: 1,
  metadata: 3,
  offsetCommit: 8,
  offsetFetch: 9,
  findCoordinator: 10,
  joinGroup: 11,
  heartbeat: 12,
  syncGroup: 14,
  initProducerId: 22,
} as const;

/** Answers that the proxy loses; `hits` counts them. */
export interface Fault {
  readonly hits: number;
  stop(): void;
}

interface Armed {
  readonly api: number;
  readonly isCut: boolean;
  left: number;
  hits: number;
}

/** Stands between clients and one broker, knows requests from answers, and can lose an answer with or without its connection. */
export class Proxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #armed = new Set<Armed>();
  /** The broker's own port. */
  target = 0;
  /** How many connections there have been. */
  connections = 0;
  /** How many there are. */
  open = 0;
  /** Called with the number of each request, once it is on its way to the broker. */
  passed: ((api: number) => void) | undefined;
  /** Called with the number of the request and the size of each answer. */
  answered: ((api: number, bytes: number) => void) | undefined;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => this.#serve(client));
  }

  static async listen(): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
    return new Proxy(server, address.port);
  }

  /** The broker gets the next requests of this kind and answers them; the client gets a cut connection instead. */
  loseAnswers(api: number, times = Infinity): Fault {
    return this.#arm(api, times, true);
  }

  /** As {@link Proxy.loseAnswers}, but the connection stays open and silent. */
  holdAnswers(api: number, times = Infinity): Fault {
    return this.#arm(api, times, false);
  }

  #arm(api: number, times: number, isCut: boolean): Fault {
    const armed: Armed = { api, isCut, left: times, hits: 0 };
    this.#armed.add(armed);
    return {
      get hits() {
        return armed.hits;
      },
      stop: () => this.#armed.delete(armed),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    this.connections++;
    this.open++;
    client.once('close', () => this.open--);
    const broker = connect(this.target, '127.0.0.1');
    const open = new Map<number, number>();
    const cut = (): void => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    const asked = frames((frame) => {
      const api = frame.readInt16BE(4);
      open.set(frame.readInt32BE(8), api);
      broker.write(frame);
      this.passed?.(api);
    });
    const answered = frames((frame) => {
      const correlation = frame.readInt32BE(4);
      const api = open.get(correlation) ?? -1;
      open.delete(correlation);
      this.answered?.(api, frame.length);
      const fault = this.#fault(api);
      if (fault === undefined) client.write(frame);
      else if (fault.isCut) cut();
    });
    client.on('data', asked);
    broker.on('data', answered);
  }

  #fault(api: number): Armed | undefined {
    for (const armed of this.#armed) {
      if (armed.api !== api || armed.left <= 0) continue;
      armed.left--;
      armed.hits++;
      return armed;
    }
    return undefined;
  }
}

/** Cuts a stream into Kafka's frames, size included. */
function frames(each: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      each(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}
