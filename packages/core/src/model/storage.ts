import { checkNames, refused, whole } from '../options/checks.ts';
import { type Duration, type Size, toBytes, toMilliseconds } from '../units/units.ts';

/** How long and how much a topic keeps, before providers' own limits are checked. */
export interface Retention {
  /** At least this long. */
  readonly time?: Duration | 'forever';
  /** At most this many bytes per partition; the oldest go first. Only where the provider can bound by size. */
  readonly bytes?: Size;
}

/** What a topic declares about its storage; each undeclared property is left as the provider has it. */
export interface TopicStorage {
  readonly partitions?: number;
  readonly retention?: Duration | 'forever' | Retention;
  /** Keep the latest event of each key instead of all; a tombstone removes a key (`tombstones` of a topic). */
  readonly compaction?: boolean;
  /** Copies of each partition, and how many of them must have an event before `send` resolves. */
  readonly replication?: { readonly factor: number; readonly minInSync?: number };
  /** The largest event that the topic takes, in bytes. */
  readonly maxEventBytes?: Size;
}

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
