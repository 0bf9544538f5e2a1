/** What answers queries: a `Client` or `PoolClient` of `pg`, or whatever has this method. */
export interface PostgresClient {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number | null; readonly command?: string }>;
}

/** A client of a pool, for one transaction. */
export interface PooledClient extends PostgresClient {
  release(error?: Error | boolean): void;
  on?(event: 'error', listener: (error: Error) => void): unknown;
  off?(event: 'error', listener: (error: Error) => void): unknown;
}

/** A `Pool` of `pg`. */
export interface PostgresPool extends PostgresClient {
  connect(): Promise<PooledClient>;
}
