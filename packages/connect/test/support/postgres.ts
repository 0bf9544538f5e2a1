import { type PostgresServer, startPostgres } from '@isostream/emulators';
import { Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';

/** A PostgreSQL of the tests of one file, and connections to it. */
export interface TestPostgres {
  readonly pool: Pool;
  readonly url: string;
}

/** Started before the tests of the file, and stopped behind them. */
export function usePostgres(): TestPostgres {
  let server: PostgresServer;
  let pool: Pool;
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
  return {
    get pool() {
      return pool;
    },
    get url() {
      return server.url;
    },
  };
}
