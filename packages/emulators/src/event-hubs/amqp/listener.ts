import { randomUUID } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import type { ServiceError } from '../service-error.ts';
import type { Attached } from './attached.ts';
import type { Broker } from './broker.ts';
import { ClientConnection } from './client-connection.ts';
import { amqpError, type Connection, type Context, createContainer } from './rhea.ts';

export interface Listening {
  readonly port: number;
  readonly host: string;
}

/** An open port with the connections that came in by it. */
export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Map<Connection, ClientConnection>();
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async open(broker: Broker, { port, host }: Listening): Promise<Listener> {
    const container = createContainer(`event-hubs-${randomUUID()}`);
    const server = container.listen({
      port,
      host,
      // Without it every answer waits for the client's delayed acknowledgement.
      ...{ tcp_no_delay: true },
      max_frame_size: 65_536,
      channel_max: 4_999,
      idle_time_out: 240_000,
      receiver_options: { autoaccept: false, credit_window: 0 },
    });
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    const address = server.address();
    const listener = new Listener(server, typeof address === 'object' && address !== null ? address.port : port);
    server.on('connection', (socket: Socket) => listener.#track(socket));
    listener.#serve(container, broker);
    return listener;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  links(): Attached[] {
    return [...this.#clients.values()].flatMap((client) => client.links);
  }

  /** Breaks a connection without a word. */
  drop(connection: Connection): void {
    // With an error: only then does rhea let go of its timers.
    connection.socket.destroy(new Error('dropped'));
  }

  /** Breaks every connection; returns how many there were. */
  dropAll(): number {
    const count = this.#sockets.size;
    for (const socket of this.#sockets) socket.destroy(new Error('dropped'));
    return count;
  }

  /** Closes every connection in order, with that reason. */
  closeAll(error: ServiceError): void {
    for (const connection of this.#clients.keys()) connection.close(amqpError(error.condition, error.message));
  }

  /** Ends with every connection broken. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.dropAll();
    await closed;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #serve(container: ReturnType<typeof createContainer>, broker: Broker): void {
    const client = (connection: Connection): ClientConnection => {
      const known = this.#clients.get(connection) ?? new ClientConnection(broker);
      this.#clients.set(connection, known);
      return known;
    };
    const ended = ({ connection }: Context): void => {
      this.#clients.get(connection)?.disconnected();
      this.#clients.delete(connection);
    };
    container.on('connection_open', ({ connection }: Context) => client(connection));
    container.on('receiver_open', ({ connection, receiver }: Context) => client(connection).receiverOpened(receiver));
    container.on('sender_open', ({ connection, sender }: Context) => client(connection).senderOpened(sender));
    container.on('receiver_close', ({ connection, receiver }: Context) => client(connection).closed(receiver));
    container.on('sender_close', ({ connection, sender }: Context) => client(connection).closed(sender));
    container.on('session_close', ({ connection, session }: Context) => client(connection).sessionClosed(session));
    container.on('connection_close', ended);
    container.on('disconnected', ended);
    container.on('error', (error: unknown) => {
      // What a listener of ours threw comes by here as well, and has closed the connection.
      if (error instanceof TypeError || error instanceof RangeError) process.emitWarning(error);
    });
    // Unheard, rhea throws them.
    for (const event of ['connection_error', 'protocol_error', 'session_error', 'sender_error', 'receiver_error'])
      container.on(event, () => undefined);
  }
}
