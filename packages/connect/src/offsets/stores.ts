import type { Streams } from '@isostream/core';
import { type Config, ConfigError } from '../config/definition.ts';
import { fileOffsets } from './file-store.ts';
import type { OffsetStore } from './store.ts';
import { tableOffsets } from './table-store.ts';
import { topicOffsets } from './topic-store.ts';

/** The offset store that a worker's file names. Rejects where what it needs is not installed. */
export async function storeOf(worker: Config, streams: Streams): Promise<OffsetStore> {
  const file = worker.optional('offset.storage.file.filename');
  if (file !== undefined) return fileOffsets(file);
  const topic = worker.optional('offset.storage.topic');
  if (topic !== undefined)
    return topicOffsets(streams, {
      topic,
      partitions: given(worker, 'offset.storage.partitions') ?? 1,
      replicationFactor: given(worker, 'offset.storage.replication.factor'),
    });
  const { Pool } = await import('pg').catch((cause: unknown) => {
    throw new ConfigError('offset.storage.table.url needs the package pg: npm install pg', { cause });
  });
  const [user, password] = ['user', 'password'].map((name) => worker.optional(`offset.storage.table.${name}`));
  const pool = new Pool({
    connectionString: worker.text('offset.storage.table.url').replace(/^jdbc:/, ''),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    max: 1,
  });
  // Connections that end while idle; without a listener the process would end with them.
  pool.on('error', () => undefined);
  const table = worker.text('offset.storage.table.name');
  return tableOffsets(pool, { table, close: () => pool.end() });
}

/** -1 is what the service has as its own default. */
function given(worker: Config, property: string): number | undefined {
  const value = Number(worker.optional(property) ?? '-1');
  return value < 1 ? undefined : value;
}
