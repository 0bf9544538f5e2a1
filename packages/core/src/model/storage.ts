import { checkNames, refused, whole } from '../options/checks.ts';
import { toBytes, toMilliseconds } from '../time/units.ts';
import type { TopicStorage } from './topic.ts';

/** Throws `invalid-config` for storage that no provider could have, before anything is asked. */
export function checkStorage(storage: TopicStorage, where: string): void {
  const { partitions, retention, compaction, replication, maxEventBytes } = storage;
  if (partitions !== undefined) whole('partitions', partitions, where);
  if (maxEventBytes !== undefined) toBytes(maxEventBytes, 'maxEventBytes');
  if (compaction !== undefined && typeof compaction !== 'boolean')
    throw refused('compaction', compaction, 'true or false', where);
  if (replication !== undefined) {
    checkNames(replication, ['factor', 'minInSync'], where, 'replication');
    whole('replication.factor', replication.factor, where);
    if (replication.minInSync !== undefined) whole('replication.minInSync', replication.minInSync, where);
  }
  if (typeof retention !== 'object') return checkTime(retention, 'retention');
  checkNames(retention, ['time', 'bytes'], where, 'retention');
  checkTime(retention.time, 'retention.time');
  if (retention.bytes !== undefined) toBytes(retention.bytes, 'retention.bytes');
}

function checkTime(time: TopicStorage['retention'], option: string): void {
  if (time !== undefined && time !== 'forever' && typeof time !== 'object') toMilliseconds(time, option);
}
