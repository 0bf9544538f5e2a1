import { playSink, playSinkRun, sinkChecks, sinkRunChecks, type SinkSubject } from '@isostream/connect/testing';
import { describe, expect, it } from 'vitest';
import { postgresSink } from '../src/sinks/postgres/postgres.ts';
import { memoryService } from './suite/service.ts';
import { usePostgres } from '../../outbox/test/support/postgres.ts';

const postgres = usePostgres();
let tables = 0;

const subject: SinkSubject = {
  sink: postgresSink,
  keeps: 'every',
  once: true,
  spoil: (document) => void document.set('n', 'no number'),
  async open() {
    const table = `suite_${tables++}`;
    await postgres.pool.query(`create table ${table} (place serial, key text not null, n bigint not null)`);
    const { host, username } = new URL(postgres.url);
    return {
      properties: {
        'connection.url': `jdbc:postgresql://${host}/postgres`,
        'connection.user': username,
        'connection.password': 'any',
        'table.name.format': table,
        'isostream.positions.table': `${table}_places`,
      },
      async effects() {
        const { rows } = await postgres.pool.query<{ key: string; n: string }>(
          `select key, n from ${table} order by place`,
        );
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
