import type { Pool } from 'pg';
import { ConfigError } from '../config/definition.ts';
import { addressProblem, withLogin } from './address.ts';
import { Sockets } from './sockets.ts';

export interface Database {
  /** `postgres://…` or `jdbc:postgresql://…`. */
  readonly url: string;
  /** Instead of that of the address. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly connections: number;
}

export interface OpenPool {
  readonly pool: Pool;
  /** Also where the database says nothing any more. */
  readonly end: () => Promise<void>;
}

interface Bounds {
  readonly connectMs: number;
  readonly queryMs: number;
  readonly endMs: number;
}

/** How long a database may be silent: past that it has vanished, and a connection of its own is made for the next attempt. */
const bounds: Bounds = { connectMs: 10_000, queryMs: 60_000, endMs: 5_000 };

/** A pool of connections. Rejects with `ConfigError` that names the property where the package `pg` is not installed. */
export async function openPool(
  database: Database,
  property: string,
  { connectMs, queryMs, endMs }: Bounds = bounds,
): Promise<OpenPool> {
  const connectionString = addressOf(database, property);
  const pg = await import('pg').catch((cause: unknown) => {
    throw new ConfigError(`${property} needs the package pg: npm install pg`, { cause });
  });
  const sockets = new Sockets();
  const pool = new pg.Pool({
    connectionString,
    stream: sockets.make,
    max: database.connections,
    connectionTimeoutMillis: connectMs,
    query_timeout: queryMs,
    keepAlive: true,
  });
  // Connections that end while idle; without a listener the process would end with them.
  pool.on('error', () => undefined);
  return { pool, end: () => sockets.ended(pool.end(), endMs) };
}

function addressOf({ url, user, password }: Database, property: string): string {
  const problem = addressProblem(url, property);
  if (problem !== undefined) throw new ConfigError(problem);
  const text = url.replace(/^jdbc:/, '');
  if (user === undefined && password === undefined) return text;
  if (!URL.canParse(text))
    throw new ConfigError(`${property} has a user and no host. Give the host, or leave the user out of the address`);
  return withLogin(new URL(text), user, password);
}
