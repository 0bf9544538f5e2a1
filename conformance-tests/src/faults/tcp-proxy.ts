import { connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** What the broker answers gets lost. */
  isDeaf: boolean;
}

/** Stands between clients and one broker, and can break what passes. */
export class TcpProxy {
  readonly #server: Server;
  readonly #deafMs: number;
  readonly #pairs = new Set<Pair>();
  #upstreamPort = 0;
  #isIsolated = false;
  #cuts = 0;
  #bytesPerSecond = Infinity;
  #passed = 0;

  private constructor(server: Server, deafMs: number) {
    this.#server = server;
    this.#deafMs = deafMs;
  }

  /**
   * Listens on a port of its own; {@link TcpProxy.to} says where to. `deafMs` is how long a cut loses answers before it
   * resets: by default longer than a broker on this machine takes to do what it was asked for.
   */
  static async listen(deafMs = 40): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    const proxy = new TcpProxy(server, deafMs);
    server.on('connection', (client) => proxy.#accept(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Bytes that passed in both directions. */
  get passed(): number {
    return this.#passed;
  }

  to(port: number): void {
    this.#upstreamPort = port;
  }

  /**
   * Resets every open connection; returns how many there were. Every second time it loses what is answered before it does:
   * then the broker has done what it was asked for, and nobody is told.
   */
  cut(): number {
    if (++this.#cuts % 2 === 1) return this.reset();
    const pairs = [...this.#pairs];
    for (const pair of pairs) pair.isDeaf = true;
    setTimeout(() => this.#reset(pairs), this.#deafMs);
    return pairs.length;
  }

  /** Resets every open connection at once; returns how many there were. */
  reset(): number {
    return this.#reset([...this.#pairs]);
  }

  #reset(pairs: readonly Pair[]): number {
    for (const pair of pairs) {
      this.#pairs.delete(pair);
      pair.client.resetAndDestroy();
      pair.upstream.destroy();
    }
    return pairs.length;
  }

  /** Connections stay open, new ones are accepted, and nothing passes, as behind a firewall that drops. */
  isolate(): () => void {
    this.#isIsolated = true;
    for (const pair of this.#pairs) pause(pair);
    return () => {
      this.#isIsolated = false;
      for (const pair of this.#pairs) resume(pair);
    };
  }

  /** At most so many bytes a second pass from the broker to its clients. */
  throttle(bytesPerSecond: number): () => void {
    this.#bytesPerSecond = bytesPerSecond;
    return () => {
      this.#bytesPerSecond = Infinity;
    };
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.reset();
    await closed;
  }

  #accept(client: Socket): void {
    const upstream = connect({ host: '127.0.0.1', port: this.#upstreamPort });
    const pair: Pair = { client, upstream, isDeaf: false };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (chunk) => this.#pass(client, upstream, chunk, Infinity));
    upstream.on('data', (chunk) => {
      if (!pair.isDeaf) this.#pass(upstream, client, chunk, this.#bytesPerSecond);
    });
    if (this.#isIsolated) pause(pair);
    else resume(pair);
  }

  #pass(from: Socket, to: Socket, chunk: Buffer, bytesPerSecond: number): void {
    this.#passed += chunk.byteLength;
    const hasRoom = to.write(chunk);
    const waitMs = bytesPerSecond === Infinity ? 0 : (chunk.byteLength / bytesPerSecond) * 1_000;
    if (hasRoom && waitMs < 1) return;
    from.pause();
    const goOn = (): void => {
      if (!this.#isIsolated) from.resume();
    };
    if (waitMs >= 1) setTimeout(goOn, waitMs);
    else to.once('drain', goOn);
  }
}

function pause({ client, upstream }: Pair): void {
  client.pause();
  upstream.pause();
}

function resume({ client, upstream }: Pair): void {
  client.resume();
  upstream.resume();
}
