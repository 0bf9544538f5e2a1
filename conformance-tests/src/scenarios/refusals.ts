import { errorCodes, type ErrorCode, StreamError } from '@isostream/core';

/** Finds fault with a call that was to be refused with this code. */
export async function fails(code: ErrorCode, call: () => unknown): Promise<readonly string[]> {
  try {
    await call();
    return [`no error where ${code} was due`];
  } catch (error) {
    if (!StreamError.is(error)) return [`${String(error)} is no StreamError; ${code} was due`];
    if (error.code !== code) return [`${error.code} where ${code} was due: ${error.message}`];
    if (error.retryable !== errorCodes[code]) return [`${code} says retryable: ${error.retryable}`];
    return [];
  }
}

/** The refusal of what capabilities declare absent. Calls that refuse at once refuse before any I/O. */
export function refusal(call: () => unknown): readonly string[] {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(() => undefined);
    return ['no error where unsupported was due at once'];
  } catch (error) {
    return StreamError.is(error) && error.code === 'unsupported' ? [] : [`${String(error)} where unsupported was due`];
  }
}
