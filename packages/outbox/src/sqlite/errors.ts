import { StreamError } from '@isostream/core';
import { messageOf } from '@isostream/core/adapter';

/** Runs the work, with its errors told as ours: a database that another connection has locked is retried. */
export async function asStoreCall<T>(work: () => T): Promise<T> {
  try {
    return work();
  } catch (thrown) {
    throw toStoreError(thrown);
  }
}

function toStoreError(thrown: unknown): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const options = { where: 'outbox', cause: thrown };
  const text = messageOf(thrown);
  if (/locked|busy/i.test(text)) return new StreamError('unavailable', `the SQLite database is busy: ${text}`, options);
  if (/within a transaction/i.test(text)) {
    const message =
      'the connection of the outbox has a transaction open. End transactions in the turn that began them, or give the outbox a connection of its own';
    return new StreamError('unavailable', message, options);
  }
  if (/no such table/i.test(text))
    return new StreamError('invalid-config', `${text}. Call ensure() of the outbox first`, options);
  return new StreamError('internal', `SQLite: ${text}`, options);
}
