import { StreamError } from '@isostream/core';
import type { PostgresClient, PostgresPool } from './client.ts';

/** The work in one transaction of its own: committed if it resolves, rolled back if it rejects. */
export async function inTransaction<T>(pool: PostgresPool, work: (client: PostgresClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A connection that ends between two statements says so by an event, which ends the process where nobody listens.
  const ended = (error: Error): void => {
    broken = error;
  };
  client.on?.('error', ended);
  try {
    await client.query('begin');
    const result = await work(client);
    // The commit of a transaction in which a statement failed rolls it back, without an error.
    const { command } = await client.query('commit');
    if (command === 'ROLLBACK') {
      const message =
        'a statement of the transaction failed and its error was caught, so that PostgreSQL rolled all of it back. Use a savepoint, or on conflict do nothing';
      throw new StreamError('handler-failed', message, { where: 'outbox' });
    }
    return result;
  } catch (thrown) {
    // A connection that cannot even roll back is of no use to anybody else; the server rolls back when it ends.
    await client.query('rollback').catch((cause: unknown) => {
      broken = new Error('the transaction could not be rolled back', { cause });
    });
    throw thrown;
  } finally {
    client.off?.('error', ended);
    client.release(broken);
  }
}
