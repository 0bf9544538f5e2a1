import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and one port, and can forget connections as a load balancer does. */
export class Proxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<{ isForgotten: boolean; readonly ends: readonly Socket[] }>();
  /** How many connections there have been. */
  connections = 0;

  private constructor(server: Server, target: number) {
    this.#server = server;
    server.on('connection', (client) => {
      this.connections++;
      const upstream = connect({ port: target, host: '127.0.0.1' });
      const pair = { isForgotten: false, ends: [client, upstream] };
      this.#pairs.add(pair);
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        one.on('error', () => undefined);
        one.on('data', (chunk) => void (pair.isForgotten || other.write(chunk)));
        one.on('close', () => void (pair.isForgotten || other.destroy()));
      }
    });
  }

  static async listen(target: number): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Proxy(server, target);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Connections that a client has let go of since. */
  get left(): number {
    return [...this.#pairs].filter(({ ends }) => ends[0]?.destroyed === true).length;
  }

  /** Whatever is sent on the connections that are open now gets lost, and no end is told. */
  forget(): void {
    for (const pair of this.#pairs) pair.isForgotten = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const { ends } of this.#pairs) for (const end of ends) end.destroy();
    await closed;
  }
}
