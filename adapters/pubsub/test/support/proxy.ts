import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between clients and an emulator, and can forget connections as a load balancer does: no end is told. */
export class Proxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #open = new Set<{ forgotten: boolean }>();
  readonly #sockets = new Set<Socket>();
  /** New connections are taken, and what is sent on them gets lost, for good. */
  swallowsNew = false;

  private constructor(server: Server, port: number, target: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => this.#serve(client, connect(target, '127.0.0.1')));
  }

  static async listen(target: number): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
    return new Proxy(server, address.port, target);
  }

  /** From now on all that is sent on open connections gets lost. Returns how many there were. */
  forget(): number {
    const whole = [...this.#open].filter(({ forgotten }) => !forgotten);
    for (const pair of whole) pair.forgotten = true;
    return whole.length;
  }

  /** Ends every connection, so that clients make new ones. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket, server: Socket): void {
    const pair = { forgotten: this.swallowsNew };
    this.#open.add(pair);
    const ways: readonly (readonly [from: Socket, to: Socket])[] = [
      [client, server],
      [server, client],
    ];
    for (const [from, to] of ways) {
      this.#sockets.add(from);
      from.on('data', (chunk) => {
        if (!pair.forgotten) to.write(chunk);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        this.#open.delete(pair);
        if (!pair.forgotten) to.destroy();
      });
    }
  }
}
