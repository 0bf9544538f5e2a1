import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Lease } from '@isostream/coordination';
import { StreamError } from '@isostream/core/adapter';

export type Item = Record<string, AttributeValue>;

/** The table's key, as the Kinesis Client Library has it. */
export const keyName = 'leaseKey';
/** What every write is conditioned on. */
export const counterName = 'leaseCounter';

/**
 * A lease as an item. What the Kinesis Client Library has as well carries its name, so that a table reads as its operators
 * expect; `fencingToken`, `askedBy` and `finished` are ours.
 */
export function toItem(key: string, lease: Lease): Item {
  return {
    [keyName]: { S: key },
    [counterName]: { N: String(lease.counter) },
    checkpoint: { S: lease.position },
    fencingToken: { N: String(lease.token) },
    ...(lease.owner === undefined ? {} : { leaseOwner: { S: lease.owner } }),
    ...(lease.askedBy === undefined ? {} : { askedBy: { S: lease.askedBy } }),
    ...(lease.after.length === 0 ? {} : { parentShardId: { SS: [...lease.after] } }),
    ...(lease.isFinished ? { finished: { BOOL: true } } : {}),
  };
}

/** Whether isostream wrote it: the Kinesis Client Library keeps no tokens. */
export function isLease(item: Item): boolean {
  return numberOf(item['fencingToken']) !== undefined && numberOf(item[counterName]) !== undefined;
}

/** Throws `conflict` for an item that is not a lease of ours: also one of whose fields nobody can read, lest it count as absent. */
export function toLease(partition: string, item: Item, table: string): Lease {
  const counter = numberOf(item[counterName]);
  const token = numberOf(item['fencingToken']);
  const position = item['checkpoint']?.S;
  if (partition === '' || counter === undefined || token === undefined || position === undefined || !isReadable(item)) {
    const message = `the item "${partition}" in the lease table "${table}" is not an isostream lease. If somebody edited it, restore it, or delete it, and its shard is read from the beginning; if the table is somebody else's, choose another with leaseTable`;
    throw new StreamError('conflict', message, { where: 'kinesis' });
  }
  return {
    partition,
    counter,
    token,
    owner: item['leaseOwner']?.S,
    askedBy: item['askedBy']?.S,
    position,
    // A set: the service keeps no order.
    after: (item['parentShardId']?.SS ?? []).toSorted(),
    isFinished: item['finished']?.BOOL === true,
  };
}

function isReadable(item: Item): boolean {
  const { leaseOwner, askedBy, parentShardId, finished } = item;
  return (
    (leaseOwner === undefined || leaseOwner.S !== undefined) &&
    (askedBy === undefined || askedBy.S !== undefined) &&
    (parentShardId === undefined || parentShardId.SS !== undefined) &&
    (finished === undefined || finished.BOOL !== undefined)
  );
}

function numberOf(value: AttributeValue | undefined): number | undefined {
  const text = value?.N ?? '';
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}
