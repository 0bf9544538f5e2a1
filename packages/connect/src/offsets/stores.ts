import type { Streams } from '@isostream/core';
import type { Config } from '../config/definition.ts';
import { openPool } from '../postgres/pool.ts';
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
  const [user, password] = ['user', 'password'].map((name) => worker.optional(`offset.storage.table.${name}`));
  const url = worker.text('offset.storage.table.url');
  const { pool, end } = await openPool({ url, user, password, connections: 1 }, 'offset.storage.table.url');
  const table = worker.text('offset.storage.table.name');
  return tableOffsets(pool, { table, close: end });
}

/** -1 is what the service has as its own default. */
function given(worker: Config, property: string): number | undefined {
  const value = Number(worker.optional(property) ?? '-1');
  return value < 1 ? undefined : value;
}
