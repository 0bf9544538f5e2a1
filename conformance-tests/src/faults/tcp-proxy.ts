import { connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** What gets lost on its way, until the connection is reset. */
  loses: 'requests' | 'answers' | undefined;
  /** When it is reset. */
  end: NodeJS.Timeout | undefined;
  hasLost: boolean;
}

/** A connection on which nothing is sent that could get lost is reset after so long. */
const idleMs = 1_000;

/** Stands between clients and one broker, and can break what passes. */
export class TcpProxy {
  readonly #server: Server;
  readonly #losingMs: number;
  readonly #pairs = new Set<Pair>();
  #upstreamPort = 0;
  #isIsolated = false;
  #cuts = 0;
  #bytesPerSecond = Infinity;
  #passed = 0;

  private constructor(server: Server, losingMs: number) {
    this.#server = server;
    this.#losingMs = losingMs;
  }

  /**
   * Listens on a port of its own; {@link TcpProxy.to} says where to. `losingMs` is how long a connection that
   * is cut goes on losing, from the first that it lost.
   */
  static async listen(losingMs = 40): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    const proxy = new TcpProxy(server, losingMs);
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
   * Breaks every open connection; returns how many there were. Each loses what is sent before it is reset: in turn requests,
   * which are never done, and answers, so that the broker has done what it was asked for and nobody is told.
   */
  cut(): number {
    const loses = ++this.#cuts % 2 === 1 ? 'requests' : 'answers';
    const pairs = [...this.#pairs].filter((pair) => pair.loses === undefined);
    for (const pair of pairs) {
      pair.loses = loses;
      this.#resetAfter(pair, idleMs);
    }
    return pairs.length;
  }

  /** Resets every open connection at once; returns how many there were. */
  reset(): number {
    return this.#reset([...this.#pairs]);
  }

  #lose(pair: Pair): void {
    if (pair.hasLost) return;
    pair.hasLost = true;
    this.#resetAfter(pair, this.#losingMs);
  }

  #resetAfter(pair: Pair, ms: number): void {
    clearTimeout(pair.end);
    pair.end = setTimeout(() => this.#reset([pair]), ms);
  }

  #reset(pairs: readonly Pair[]): number {
    for (const pair of pairs) {
      clearTimeout(pair.end);
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
    const pair: Pair = { client, upstream, loses: undefined, end: undefined, hasLost: false };
    this.#pairs.add(pair);
    const end = (): void => {
      clearTimeout(pair.end);
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (chunk) => {
      if (pair.loses === 'requests') this.#lose(pair);
      else this.#pass(client, upstream, chunk, Infinity);
    });
    upstream.on('data', (chunk) => {
      if (pair.loses === 'answers') this.#lose(pair);
      else this.#pass(upstream, client, chunk, this.#bytesPerSecond);
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
