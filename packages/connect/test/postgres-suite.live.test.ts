import { playSink, playSinkRun, sinkChecks, sinkRunChecks, type SinkSubject } from '@isostream/connect/testing';
import { type PostgresServer, startPostgres } from '@isostream/emulators';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresSink } from '../src/sinks/postgres/postgres.ts';
import { memoryService } from './suite/service.ts';

let server: PostgresServer;
let pool: Pool;
let tables = 0;

beforeAll(async () => {
  server = await startPostgres();
  pool = new Pool({ connectionString: server.url });
  // Idle connections end with the server.
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool.end();
  await server.stop();
});

const subject: SinkSubject = {
  sink: postgresSink,
  keeps: 'every',
  once: true,
  spoil: (document) => void document.set('n', 'no number'),
  async open() {
    const table = `suite_${tables++}`;
    await pool.query(`create table ${table} (place serial, key text not null, n bigint not null)`);
    const { host, username } = new URL(server.url);
    return {
      properties: {
        'connection.url': `jdbc:postgresql://${host}/postgres`,
        'connection.user': username,
        'connection.password': 'any',
        'table.name.format': table,
        'isostream.positions.table': `${table}_places`,
      },
      async effects() {
        const { rows } = await pool.query<{ key: string; n: string }>(`select key, n from ${table} order by place`);
        return rows.map(({ key, n }) => ({ key, n: Number(n) }));
      },
      close: async () => undefined,
    };
  },
  service: memoryService,
};

describe('rows of PostgreSQL', () => {
  it.each(sinkChecks)('$name', async (check) => {
    expect((await playSink(check, subject)).findings).toEqual([]);
  });

  it.each(sinkRunChecks)('$name', async (check) => {
    expect((await playSinkRun(check, subject)).findings).toEqual([]);
  });
});
