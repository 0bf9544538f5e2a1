import type { Pool } from 'pg';
import { ConfigError } from '../config/definition.ts';

export interface Database {
  /** `postgres://…` or `jdbc:postgresql://…`. */
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly connections: number;
}

/** A pool of connections. Rejects with `ConfigError` that names the property where the package `pg` is not installed. */
export async function openPool({ url, user, password, connections }: Database, property: string): Promise<Pool> {
  const pg = await import('pg').catch((cause: unknown) => {
    throw new ConfigError(`${property} needs the package pg: npm install pg`, { cause });
  });
  const pool = new pg.Pool({
    connectionString: url.replace(/^jdbc:/, ''),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    max: connections,
  });
  // Connections that end while idle; without a listener the process would end with them.
  pool.on('error', () => undefined);
  return pool;
}

/** What is wrong with an address; `undefined` if nothing is. It is not shown: it may hold a password. */
export function addressProblem(url: string, property: string): string | undefined {
  if (/^(?:jdbc:)?postgres(?:ql)?:\/\//.test(url)) return undefined;
  return `${property} is not the address of a PostgreSQL. Use postgres://host:5432/database`;
}
