import { StreamError } from '@isostream/core';

/** What is wrong with a configuration; the message shows no secret. */
export function invalid(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'config' });
}
