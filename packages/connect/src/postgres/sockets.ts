import { Socket } from 'node:net';
import { settledWithin } from '@isostream/core/adapter';

/** The sockets of a client or pool of `pg`: a database that vanished answers to no goodbye, and would keep the process alive. */
export class Sockets {
  readonly #open = new Set<Socket>();

  /** For the option `stream`. */
  readonly make = (): Socket => {
    const socket = new Socket();
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  /** Waits for an end in order; what is open after that long is cut. */
  async ended(work: Promise<unknown>, ms: number): Promise<void> {
    const open = [...this.#open];
    const closed = open.map((socket) => new Promise((resolve) => void socket.once('close', resolve)));
    await settledWithin(Promise.allSettled([work, ...closed]), ms);
    for (const socket of open) socket.destroy();
  }
}
