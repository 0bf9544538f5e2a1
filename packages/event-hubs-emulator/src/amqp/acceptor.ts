import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServiceError } from '../service-error.ts';
import type { Attached } from './attached.ts';
import type { Broker } from './broker.ts';
import { ClientConnection } from './client-connection.ts';
import { acceptSocket, amqpError, type Connection, type Context, createContainer } from './rhea.ts';

/** Speaks AMQP on the connections that it is given. */
export class Acceptor {
  readonly #container = createContainer(`event-hubs-${randomUUID()}`);
  readonly #streams = new Set<Duplex>();
  readonly #clients = new Map<Connection, ClientConnection>();
  readonly #broker: Broker;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#listen();
  }

  get connections(): number {
    return this.#streams.size;
  }

  accept(stream: Duplex): void {
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    // Without it every answer waits for the client's delayed acknowledgement.
    if (stream instanceof Socket) stream.setNoDelay(true);
    acceptSocket(this.#container, stream);
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
    const count = this.#streams.size;
    for (const stream of this.#streams) stream.destroy(new Error('dropped'));
    return count;
  }

  /** Closes every connection in order, with that reason. */
  closeAll(error: ServiceError): void {
    for (const connection of this.#clients.keys()) connection.close(amqpError(error.condition, error.message));
  }

  #client(connection: Connection): ClientConnection {
    const known = this.#clients.get(connection) ?? new ClientConnection(this.#broker);
    this.#clients.set(connection, known);
    return known;
  }

  #listen(): void {
    const container = this.#container;
    const client = (connection: Connection): ClientConnection => this.#client(connection);
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
