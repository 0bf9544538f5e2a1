import { StreamError } from '@isostream/core/adapter';
import { nameOf, toStreamError } from '../errors.ts';

/** A StreamError for what DynamoDB answers about a lease table; the rest is what every AWS service says alike. */
export function toLeaseError(thrown: unknown, table: string): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const what = `lease table "${table}"`;
  switch (nameOf(thrown)) {
    case 'ResourceNotFoundException':
      // It was there when this member began: whoever deleted it deleted the group's positions.
      return new StreamError('unavailable', `${what} is gone. Restore it, or start the group anew`, {
        where: 'kinesis',
        cause: thrown,
        retryable: false,
      });
    case 'AccessDeniedException':
      return new StreamError(
        'unauthorized',
        `${what}: no permission. Grant dynamodb:Scan, GetItem, PutItem and DeleteItem on it, and CreateTable and DescribeTable if isostream should create it`,
        { where: 'kinesis', cause: thrown },
      );
    case 'ValidationException':
      return foreignTable(table, `its key is not "leaseKey" (text)`, thrown);
    default:
      return toStreamError(thrown, what);
  }
}

/** The table is somebody else's. */
export function foreignTable(table: string, why: string, cause?: unknown): StreamError {
  const message = `lease table "${table}" is in use for something else: ${why}. Choose another with leaseTable, one for each topic and group`;
  return new StreamError('conflict', message, { where: 'kinesis', cause });
}
