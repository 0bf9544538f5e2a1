import { connect, createServer, type Server, type Socket } from 'node:net';

export interface TcpProxyOptions {
  /** The broker's port, where it is known before it listens; else {@link TcpProxy.to} says it. */
  readonly to?: number;
  /** How long a connection that is cut goes on losing, from the first that it lost. Default: 40. */
  readonly losingMs?: number;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  /** What gets lost on its way; of all that does, neither end is told. */
  loses: 'nothing' | 'requests' | 'answers' | 'all';
  /** When it is reset. */
  end: NodeJS.Timeout | undefined;
  hasLost: boolean;
}

/** A connection on which nothing is sent that could get lost is reset after so long. */
const idleMs = 1_000;

/** Stands between clients and one broker, and can break what passes. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #losingMs: number;
  readonly #pairs = new Set<Pair>();
  /** Both ends of every pair, and ends that outlived the other without knowing. */
  readonly #sockets = new Set<Socket>();
  #upstreamPort = 0;
  #isIsolated = false;
  /** Addresses of clients that are cut off. */
  readonly #cutOff = new Set<string>();
  #isAway = false;
  #cuts = 0;
  #delayMs = 0;
  #bytesPerSecond = Infinity;
  #passed = 0;
  #connections = 0;
  #abandoned = 0;

  private constructor(server: Server, { to = 0, losingMs = 40 }: TcpProxyOptions) {
    this.#server = server;
    this.#upstreamPort = to;
    this.#losingMs = losingMs;
  }

  /** Listens on a port of its own. */
  static async listen(options: TcpProxyOptions = {}): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    const proxy = new TcpProxy(server, options);
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

  /** Connections that there have been. */
  get connections(): number {
    return this.#connections;
  }

  /** Those of {@link TcpProxy.halfOpen} that their client let go of by itself. */
  get abandoned(): number {
    return this.#abandoned;
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
    const pairs = this.#whole();
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

  /**
   * Every open connection loses everything from now on, and no end learns that the other is gone, as behind a load
   * balancer that forgot it. New ones pass. Returns how many there were.
   */
  halfOpen(): number {
    const pairs = this.#whole();
    for (const pair of pairs) pair.loses = 'all';
    return pairs.length;
  }

  /** Connections stay open, new ones are accepted, and nothing passes, as behind a firewall that drops. */
  isolate(): () => void {
    this.#isIsolated = true;
    for (const pair of this.#pairs) pause(pair);
    return () => {
      this.#isIsolated = false;
      for (const pair of this.#pairs) this.#resume(pair);
    };
  }

  /** As {@link TcpProxy.isolate}, but for the connections of one client alone: those that come from this address. */
  cutOff(address: string): () => void {
    this.#cutOff.add(address);
    for (const pair of this.#pairs) if (this.#isSilent(pair.client)) pause(pair);
    return () => {
      this.#cutOff.delete(address);
      for (const pair of this.#pairs) this.#resume(pair);
    };
  }

  /** Every open connection is reset and every new one too, as where a broker is not there, until undone. */
  goAway(): () => void {
    this.#isAway = true;
    this.reset();
    return () => {
      this.#isAway = false;
    };
  }

  /** What the broker says comes so much later, and at most so many bytes per second, of each connection. */
  slow(delayMs = 25, bytesPerSecond = 200_000): () => void {
    this.#delayMs = delayMs;
    this.#bytesPerSecond = bytesPerSecond;
    return () => {
      this.#delayMs = 0;
      this.#bytesPerSecond = Infinity;
    };
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.reset();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #whole(): readonly Pair[] {
    return [...this.#pairs].filter((pair) => pair.loses === 'nothing');
  }

  #lose(pair: Pair): void {
    if (pair.hasLost || pair.loses === 'all') return;
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

  #accept(client: Socket): void {
    this.#connections++;
    if (this.#isAway) {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ host: '127.0.0.1', port: this.#upstreamPort });
    const pair: Pair = { client, upstream, loses: 'nothing', end: undefined, hasLost: false };
    this.#pairs.add(pair);
    client.once('close', () => {
      if (pair.loses === 'all') this.#abandoned++;
    });
    this.#watch(pair, client, upstream);
    this.#watch(pair, upstream, client);
    client.on('data', (chunk) => {
      if (pair.loses === 'requests' || pair.loses === 'all') this.#lose(pair);
      else this.#pass(pair, client, chunk, 0);
    });
    upstream.on('data', (chunk) => {
      if (pair.loses === 'answers' || pair.loses === 'all') this.#lose(pair);
      else this.#pass(pair, upstream, chunk, this.#delayMs + (chunk.byteLength / this.#bytesPerSecond) * 1_000);
    });
    pause(pair);
    this.#resume(pair);
  }

  #isSilent(client: Socket): boolean {
    return this.#isIsolated || this.#cutOff.has(client.remoteAddress ?? '');
  }

  #resume({ client, upstream }: Pair): void {
    if (this.#isSilent(client)) return;
    client.resume();
    upstream.resume();
  }

  #watch(pair: Pair, one: Socket, other: Socket): void {
    const ended = (): void => {
      clearTimeout(pair.end);
      this.#pairs.delete(pair);
      this.#sockets.delete(one);
      one.destroy();
      if (pair.loses !== 'all') other.destroy();
    };
    this.#sockets.add(one);
    one.setNoDelay(true);
    one.on('error', ended);
    one.on('close', ended);
  }

  #pass({ client, upstream }: Pair, from: Socket, chunk: Buffer, waitMs: number): void {
    const to = from === client ? upstream : client;
    this.#passed += chunk.byteLength;
    const goOn = (): void => {
      if (!this.#isSilent(client)) from.resume();
    };
    if (waitMs < 1) {
      if (to.write(chunk)) return;
      from.pause();
      to.once('drain', goOn);
      return;
    }
    from.pause();
    setTimeout(() => {
      to.write(chunk);
      goOn();
    }, waitMs);
  }
}

function pause({ client, upstream }: Pair): void {
  client.pause();
  upstream.pause();
}
