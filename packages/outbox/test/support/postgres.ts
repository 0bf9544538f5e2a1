import { type PostgresServer, startPostgres } from '@isostream/emulators';
import { Pool } from 'pg';
import { afterAll, beforeAll } from 'vitest';

/** A PostgreSQL of the tests of one file, and connections to it. */
export interface TestPostgres {
  readonly pool: Pool;
  readonly url: string;
  stop(): Promise<void>;
  /** Where it was, with what it held. */
  start(): Promise<void>;
}

/** Started before the tests of the file, and stopped behind them; `max` connections at once. */
export function usePostgres(max = 10): TestPostgres {
  let server: PostgresServer;
  let pool: Pool;
  beforeAll(async () => {
    server = await startPostgres();
    pool = new Pool({ connectionString: server.url, max });
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
    stop: () => server.server.stop(),
    start: () => server.server.start(),
  };
}
