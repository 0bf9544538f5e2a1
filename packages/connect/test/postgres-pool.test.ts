import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createStreams, defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openPool } from '../src/postgres/pool.ts';
import { plan, worker } from './support/files.ts';
import { orders } from './support/outbox-topics.ts';
import { runUntil } from './support/run.ts';

/** Speaks as much of PostgreSQL as a login takes, and then nothing: like one that vanished. */
class SilentServer {
  readonly logins: (readonly [user: string, password: string])[] = [];
  /** Whether a login is answered. */
  answers = true;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    let user: string | undefined;
    socket.on('data', (bytes) => {
      if (!this.answers) return;
      const texts = bytes
        .subarray(user === undefined ? 8 : 5)
        .toString()
        .split('\0');
      if (user === undefined) {
        user = texts[texts.indexOf('user') + 1] ?? '';
        // A password in clear text, please.
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      } else if (bytes[0] === 0x70) {
        this.logins.push([user, texts[0] ?? '']);
        // It is right, and queries may come.
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]));
      }
    });
  });

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

let server: SilentServer;
let port: number;
beforeEach(async () => {
  server = new SilentServer();
  port = await server.listen();
});
afterEach(() => server.close());

const password = `s%:/@ '?#é`;

describe('the login beside an address', () => {
  const topic = defineTopic('lines', { raw: true, partitions: 1 });
  const topics = fileURLToPath(new URL('support/outbox-topics.ts', import.meta.url));

  async function loginOf(workerText: string, connector: string): Promise<unknown> {
    const streams = await createStreams({ adapter: createMemory(), topics: [topic, orders], topology: 'ensure' });
    const run = runUntil(await plan(workerText, [connector]), streams, () => {
      expect(server.logins).not.toEqual([]);
      server.close();
    });
    // The server has gone, which is an error or not.
    await run.catch(() => undefined);
    await streams.close();
    return server.logins[0];
  }

  it('is that of the offset store, whatever the address has', async () => {
    const store = `offset.storage.table.url=postgres://127.0.0.1:${port}/db\noffset.storage.table.user=kim\noffset.storage.table.password=${password}\n`;
    const source = 'name=s\nconnector.class=FileStreamSource\nfile=/none\ntopic=lines\n';
    expect(await loginOf(worker + store, source)).toEqual(['kim', password]);
  });

  it('is that of an outbox, whatever the address has', async () => {
    const source = `name=o\nconnector.class=OutboxSource\nconnection.url=jdbc:postgresql://x:y@127.0.0.1:${port}/db?user=z&password=z\nconnection.user=kim\nconnection.password=${password}\ntopics.module=${topics}\n`;
    expect(await loginOf(worker, source)).toEqual(['kim', password]);
  });
});

const quick = { connectMs: 100, queryMs: 100, endMs: 100 };
const database = (): Parameters<typeof openPool>[0] => ({
  url: `postgres://127.0.0.1:${port}/db`,
  user: 'kim',
  password,
  connections: 1,
});

describe('a pool whose database vanished', () => {
  it('rejects a query that is not answered, and ends', async () => {
    const { pool, end } = await openPool(database(), 'url', quick);
    const client = await pool.connect();
    client.release();
    await expect(pool.query('select 1')).rejects.toThrow('timeout');
    await end();
  });

  it('ends where a connection is idle, and leaves none open', async () => {
    const { pool, end } = await openPool(database(), 'url', quick);
    const client = await pool.connect();
    let isOpen = true;
    client.once('end', () => (isOpen = false));
    client.release();
    await end();
    await vi.waitFor(() => expect(isOpen).toBe(false));
  });

  it('rejects where no login is answered', async () => {
    server.answers = false;
    const { pool, end } = await openPool(database(), 'url', quick);
    await expect(pool.query('select 1')).rejects.toThrow('timeout');
    await end();
  });
});

it('an address that cannot be read is an error of the file that does not show it', async () => {
  for (const url of ['postgres://kim:se#cret@host/db', 'postgres://kim:secret@host:port/db', 'mysql://secret']) {
    const opened = openPool({ ...database(), url }, 'connection.url');
    await expect(opened).rejects.toThrow(/^connection\.url is not the address(?!.*cret)/);
  }
});
