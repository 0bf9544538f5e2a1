import { StreamError } from '../../src/errors/stream-error.ts';

/** The StreamError that a call throws; anything else fails the test. */
export function refusal(call: () => unknown): StreamError {
  try {
    call();
  } catch (error) {
    if (StreamError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
