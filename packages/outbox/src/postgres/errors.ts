import { StreamError } from '@isostream/core';
import { messageOf } from '@isostream/core/adapter';

/** States that pass by themselves: connections, a server that shuts down, deadlocks, too little of something. */
const passing = /^(?:08|40|53|57|55P03|25006)/;

/** The error by its SQLSTATE; what has none never reached the server, or lost it. */
function toStoreError(thrown: unknown): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const where = 'outbox';
  const state = stateOf(thrown);
  const text = messageOf(thrown);
  if (state === undefined || passing.test(state))
    return new StreamError('unavailable', `PostgreSQL cannot be reached: ${text}`, { where, cause: thrown });
  if (state === '42P01')
    return new StreamError('invalid-config', `${text}. Call ensure() of the outbox first`, { where, cause: thrown });
  if (state.startsWith('28'))
    return new StreamError('unauthenticated', `PostgreSQL refuses the credentials: ${text}`, { where, cause: thrown });
  if (state === '42501')
    return new StreamError('unauthorized', `PostgreSQL refuses the permission: ${text}`, { where, cause: thrown });
  return new StreamError('internal', `PostgreSQL answered ${state}: ${text}`, { where, cause: thrown });
}

/** Runs the work with its errors told as ours. */
export async function asStoreCall<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw toStoreError(thrown);
  }
}

/** Five characters where the server answered; Node's own codes are words. */
function stateOf(thrown: unknown): string | undefined {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) ? code : undefined;
}
